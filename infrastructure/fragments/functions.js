'use strict';

/**
 * What every function of a service gets beside its own definition: an encrypted log group, alarms on errors and
 * throttles, on lag and on records set aside where it reads a stream; one alarm for the service on refusals that the audit
 * log did not take; and, where the stage reserves it, the concurrency
 * in `custom.concurrency` (function -> concurrent executions), so that no function starves another.
 */

const { alarm, pascal, watched } = require('./alarm');

const STREAM_LAG_MILLISECONDS = 60_000;

// What zebros_core.messaging.stream logs when it keeps a record in the failures bucket and goes on: nothing raises then,
// so no other alarm would tell.
const SET_ASIDE = 'stream record set aside';

const reads = (definition, kind) => (definition.events ?? []).some((event) => event[kind]);

function alarmsOf(stage, functionName, logicalId, definition) {
  const dimensions = { FunctionName: functionName };
  const alarms = {
    [`${logicalId}Errors`]: alarm(stage, {
      name: `${functionName}-errors`,
      description: 'The function raised: an unclassified error, a timeout, or no memory left',
      namespace: 'AWS/Lambda',
      metric: 'Errors',
      dimensions,
      statistic: 'Sum',
      threshold: 0,
      periodSeconds: 300,
    }),
    [`${logicalId}Throttles`]: alarm(stage, {
      name: `${functionName}-throttles`,
      description: 'Calls were refused for lack of concurrency',
      namespace: 'AWS/Lambda',
      metric: 'Throttles',
      dimensions,
      statistic: 'Sum',
      threshold: 0,
      periodSeconds: 300,
    }),
  };
  if (reads(definition, 'stream')) {
    alarms[`${logicalId}Lag`] = alarm(stage, {
      name: `${functionName}-lag`,
      description: `Changes wait longer than ${STREAM_LAG_MILLISECONDS / 1000} s to be published`,
      namespace: 'AWS/Lambda',
      metric: 'IteratorAge',
      dimensions,
      statistic: 'Maximum',
      threshold: STREAM_LAG_MILLISECONDS,
      periods: 3,
    });
  }
  return alarms;
}

function setAside(stage, service, functionName, logicalId) {
  const metric = { namespace: 'Zebros', metric: 'StreamRecordsSetAside' };
  return {
    [`${logicalId}SetAsideMetric`]: {
      Type: 'AWS::Logs::MetricFilter',
      Properties: {
        LogGroupName: { Ref: `${logicalId}LogGroup` },
        FilterPattern: `{ $.message = "${SET_ASIDE}" }`,
        MetricTransformations: [
          {
            MetricNamespace: metric.namespace,
            MetricName: metric.metric,
            MetricValue: '1',
            Dimensions: [
              { Key: 'service', Value: '$.service' },
              { Key: 'stage', Value: '$.stage' },
            ],
          },
        ],
      },
    },
    [`${logicalId}SetAside`]: alarm(stage, {
      name: `${functionName}-set-aside`,
      description: 'A change could not be published and is kept in the failures bucket: look at it, mend the cause, replay',
      ...metric,
      dimensions: { service, stage },
      statistic: 'Sum',
      threshold: 0,
    }),
  };
}

/** What zebros_core.audit counts when a refusal could not be recorded: it stands, and nothing raises. */
const unrecorded = (stage, service, shortName) =>
  alarm(stage, {
    name: `${service}-${stage}-audit-failures`,
    description: 'Refusals are missing in the audit log, because the bus did not take them; the log has each as "refusal not recorded"',
    namespace: 'Zebros',
    metric: 'AuditFailures',
    dimensions: { service: shortName },
    statistic: 'Sum',
    threshold: 0,
  });

module.exports = async ({ resolveConfigurationProperty, resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const service = await resolveConfigurationProperty(['service']);
  const shortName = await resolveConfigurationProperty(['custom', 'name']);
  const functions = await resolveConfigurationProperty(['functions']);
  const concurrency = await resolveConfigurationProperty(['custom', 'concurrency']);
  const reserve = await resolveVariable('param:reserveConcurrency');
  const dataKey = { 'Fn::ImportValue': `zebros-${stage}-data-key-arn` };
  const Resources = { AuditFailures: unrecorded(stage, service, shortName) };
  for (const [name, definition] of Object.entries(functions)) {
    const logicalId = pascal(name);
    Resources[`${logicalId}LogGroup`] = { Type: 'AWS::Logs::LogGroup', Properties: { KmsKeyId: dataKey } };
    if (reserve) {
      Resources[`${logicalId}LambdaFunction`] = {
        Type: 'AWS::Lambda::Function',
        Properties: { ReservedConcurrentExecutions: concurrency[name] },
      };
    }
    const functionName = `${service}-${stage}-${name}`;
    Object.assign(Resources, alarmsOf(stage, functionName, logicalId, definition));
    if (reads(definition, 'stream')) Object.assign(Resources, setAside(stage, shortName, functionName, logicalId));
  }
  return { Resources: await watched(Resources, resolveVariable) };
};
