'use strict';

/**
 * The role that a service's request handlers assume for one tenant at a time, where the stage says `tenantCredentials`.
 * It is about the tables that `custom.access` gives to functions with
 *
 *   as: tenant    # such a function's own role touches no tenant's table (access.js)
 *   as: both      # for callers it assumes the role; for whole tenants it works with its own
 *
 * and names the tenant by the tag of the session: in table names, and in the leading keys of shared tables. Who assumes
 * the role adds the session policy of the tenant's isolation model (zebros_core/tenancy/policies.py), of which this is
 * the union; a test holds the two together. Two parts of what is returned are included:
 *
 *   resources:             - ${file(../../infrastructure/fragments/tenant_role.js):resources}
 *   functions.http:        environment: ${file(../../infrastructure/fragments/tenant_role.js):environment}
 */

const { pascal } = require('./alarm');
const { TABLE_ACTIONS, allow, keyStatement, sub, tenantRoleArn, tenantRoleName } = require('./grants');

// `${!…}` is CloudFormation's way to write a variable that IAM resolves.
const TENANT = '${!aws:PrincipalTag/tenant}';

// ForAllValues is true of a request without leading keys: hence Null.
const OWN_KEYS = {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [sub(TENANT), sub(`${TENANT}#*`)] },
  Null: { 'dynamodb:LeadingKeys': 'false' },
};
// Rows of bridge tenants in the same table have a # in their key, and no id has one.
const BARE_IDS = {
  'ForAllValues:StringNotLike': { 'dynamodb:LeadingKeys': '*#*' },
  Null: { 'dynamodb:LeadingKeys': 'false' },
};
const without = (actions, action) => actions.filter((name) => name !== action);

/** Whether every key of the table begins with the tenant in every isolation model (zebros_core.dynamodb.lookup). */
const isLookup = (tables, table) => tables[table].key[0] === 'pk';

function statements(stage, tables, { read, write }, region) {
  const records = (table) => !isLookup(tables, table);
  const arn = (name, suffix = '') =>
    sub(`arn:\${AWS::Partition}:dynamodb:\${AWS::Region}:\${AWS::AccountId}:table/zebros-${stage}-${name}${suffix}`);
  const shared = (names, suffix) => names.map((name) => arn(name, suffix));
  const own = (names, suffix) => names.map((name) => arn(`t-${TENANT}-${name}`, suffix));
  const indexed = read.filter(records);
  return [
    allow('OwnTablesRead', TABLE_ACTIONS.read, own(read)),
    allow('OwnTablesWrite', TABLE_ACTIONS.write, own(write)),
    allow('OwnIndexes', ['dynamodb:Query'], own(indexed, '/index/*')),
    allow('OwnKeysRead', TABLE_ACTIONS.read, shared(read), OWN_KEYS),
    allow('OwnKeysWrite', TABLE_ACTIONS.write, shared(write), OWN_KEYS),
    allow('OwnKeysOfIndexes', ['dynamodb:Query'], shared(indexed, '/index/*'), OWN_KEYS),
    // Where the key of a shared table is an id: the write's condition and the query's filter keep pool tenants apart. No
    // GetItem, which takes neither.
    allow('PooledRead', without(TABLE_ACTIONS.read, 'dynamodb:GetItem'), shared(indexed), BARE_IDS),
    allow('PooledWrite', TABLE_ACTIONS.write, shared(write.filter(records)), BARE_IDS),
    keyStatement(stage, region, ['dynamodb']),
  ].filter(({ Resource }) => !Array.isArray(Resource) || Resource.length);
}

module.exports = async ({ resolveConfigurationProperty, resolveVariable }) => {
  if (!(await resolveVariable('param:tenantCredentials'))) return { resources: {}, environment: {} };
  const stage = await resolveVariable('sls:stage');
  const region = await resolveVariable('self:provider.region');
  const service = await resolveConfigurationProperty(['custom', 'name']);
  const tables = await resolveConfigurationProperty(['custom', 'tables']);
  const access = await resolveConfigurationProperty(['custom', 'access']);
  const assuming = Object.entries(access).filter(([, grants]) => grants.as);
  const granted = (verb) => [
    ...new Set(assuming.flatMap(([, grants]) => grants[verb] ?? []).filter((table) => !tables[table].platform)),
  ];
  const grants = { read: granted('read'), write: granted('write') };
  const named = [...new Set([...grants.read, ...grants.write])];
  const names = (lookups) => named.filter((table) => isLookup(tables, table) === lookups).join(',');
  const TenantRole = {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: tenantRoleName(service, stage),
      Description: 'Assumed for one tenant at a time, which the session names by its tag',
      MaxSessionDuration: 3600,
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'RequestHandlersForOneTenant',
            Effect: 'Allow',
            Principal: { AWS: assuming.map(([name]) => ({ 'Fn::GetAtt': [`${pascal(name)}IamRoleLambdaExecution`, 'Arn'] })) },
            Action: ['sts:AssumeRole', 'sts:TagSession'],
            Condition: {
              StringLike: { 'aws:RequestTag/tenant': '????*' },
              'ForAllValues:StringEquals': { 'aws:TagKeys': ['tenant'] },
              Null: { 'aws:RequestTag/tenant': 'false' },
            },
          },
        ],
      },
      Policies: [
        {
          PolicyName: 'tenant',
          PolicyDocument: { Version: '2012-10-17', Statement: statements(stage, tables, grants, region) },
        },
      ],
    },
  };
  return {
    resources: { Resources: { TenantRole } },
    environment: {
      TENANT_ROLE_ARN: tenantRoleArn(service, stage),
      TENANT_TABLES: names(false),
      TENANT_LOOKUP_TABLES: names(true),
    },
  };
};
