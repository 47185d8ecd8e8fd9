'use strict';

/**
 * DynamoDB tables from a service's `custom.tables`:
 *
 *   customers:
 *     key: [customerId]                   # partition attribute, and sort attribute if there is one
 *     indexes: { created: [shardKey, createdAt] }
 *     stream: true                        # old and new images; default false
 *     ttl: expiresAt                      # attribute in epoch seconds; omit for none
 *     platform: true                      # the platform's own: no tenant gets a clone of it; default false
 *
 * Names are `zebros-{stage}-{table}`, every key attribute is a string, every index projects all. All have point-in-time
 * recovery, encryption with the data key, and deletion protection where the stage asks for it. Properties are plain
 * values without intrinsics: tables of one tenant alone are cloned from the deployed template.
 */

const { alarm, pascal, watched } = require('./alarm');

const keySchema = ([partition, sort]) => [
  { AttributeName: partition, KeyType: 'HASH' },
  ...(sort ? [{ AttributeName: sort, KeyType: 'RANGE' }] : []),
];

function tableProperties(stage, name, { key, indexes = {}, stream, ttl }, params) {
  const attributes = [...new Set([key, ...Object.values(indexes)].flat())].sort();
  const capacity = params.billing === 'provisioned' && {
    ProvisionedThroughput: {
      ReadCapacityUnits: params.minimumCapacityUnits,
      WriteCapacityUnits: params.minimumCapacityUnits,
    },
  };
  const secondary = Object.entries(indexes).map(([IndexName, attributePair]) => ({
    IndexName,
    KeySchema: keySchema(attributePair),
    Projection: { ProjectionType: 'ALL' },
    ...capacity,
  }));
  return {
    TableName: `zebros-${stage}-${name}`,
    BillingMode: capacity ? 'PROVISIONED' : 'PAY_PER_REQUEST',
    ...capacity,
    AttributeDefinitions: attributes.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keySchema(key),
    ...(secondary.length && { GlobalSecondaryIndexes: secondary }),
    ...(stream && { StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' } }),
    ...(ttl && { TimeToLiveSpecification: { AttributeName: ttl, Enabled: true } }),
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: `alias/zebros-${stage}` },
    DeletionProtectionEnabled: params.deletionProtection,
  };
}

/** Target tracking at 70 % of the provisioned units, for the table and each of its indexes, reads and writes apart. */
function autoScaling(logicalId, tableName, indexes, { minimumCapacityUnits, maximumCapacityUnits }) {
  const resources = {};
  const scalables = [['', `table/${tableName}`, 'table']].concat(
    Object.keys(indexes).map((index) => [pascal(index), `table/${tableName}/index/${index}`, 'index'])
  );
  for (const [suffix, resourceId, kind] of scalables) {
    for (const direction of ['Read', 'Write']) {
      const target = `${logicalId}${suffix}${direction}Capacity`;
      resources[target] = {
        Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
        DependsOn: logicalId,
        Properties: {
          ServiceNamespace: 'dynamodb',
          ResourceId: resourceId,
          ScalableDimension: `dynamodb:${kind}:${direction}CapacityUnits`,
          MinCapacity: minimumCapacityUnits,
          MaxCapacity: maximumCapacityUnits,
        },
      };
      resources[`${target}Policy`] = {
        Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
        Properties: {
          PolicyName: `${resourceId.replaceAll('/', '-')}-${direction.toLowerCase()}`,
          PolicyType: 'TargetTrackingScaling',
          ScalingTargetId: { Ref: target },
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: 70,
            PredefinedMetricSpecification: { PredefinedMetricType: `DynamoDB${direction}CapacityUtilization` },
          },
        },
      };
    }
  }
  return resources;
}

module.exports = async ({ resolveConfigurationProperty, resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const tables = await resolveConfigurationProperty(['custom', 'tables']);
  const params = {};
  for (const name of ['billing', 'deletionPolicy', 'deletionProtection', 'minimumCapacityUnits', 'maximumCapacityUnits']) {
    params[name] = await resolveVariable(`param:${name}`);
  }
  const Resources = {};
  for (const [name, table] of Object.entries(tables)) {
    const logicalId = `${pascal(name)}Table`;
    const properties = tableProperties(stage, name, table, params);
    Resources[logicalId] = {
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: params.deletionPolicy,
      UpdateReplacePolicy: params.deletionPolicy,
      // What zebros_core.tenancy.templates goes by when it clones the tables for a tenant of its own.
      ...(table.platform && { Metadata: { zebros: 'platform' } }),
      Properties: properties,
    };
    if (properties.BillingMode === 'PROVISIONED') {
      Object.assign(Resources, autoScaling(logicalId, properties.TableName, table.indexes ?? {}, params));
    }
    Resources[`${logicalId}Throttles`] = alarm(stage, {
      name: `${properties.TableName}-throttles`,
      description: 'Writes are throttled: a tenant outgrew its index shards, or the table its capacity',
      namespace: 'AWS/DynamoDB',
      metric: 'WriteThrottleEvents',
      dimensions: { TableName: { Ref: logicalId } },
      statistic: 'Sum',
      threshold: 100,
      periodSeconds: 300,
    });
  }
  return { Resources: await watched(Resources, resolveVariable) };
};
