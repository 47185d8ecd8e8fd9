'use strict';

/**
 * What every function of a service gets beside its own definition: an encrypted log group, alarms on errors and
 * throttles, one on lag where it reads a stream, and, where the stage reserves it, the concurrency in
 * `custom.concurrency` (function -> concurrent executions), so that no function starves another.
 */

const { alarm, pascal } = require('./alarm');

const STREAM_LAG_MILLISECONDS = 60_000;

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

module.exports = async ({ resolveConfigurationProperty, resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const service = await resolveConfigurationProperty(['service']);
  const functions = await resolveConfigurationProperty(['functions']);
  const concurrency = await resolveConfigurationProperty(['custom', 'concurrency']);
  const reserve = await resolveVariable('param:reserveConcurrency');
  const dataKey = { 'Fn::ImportValue': `zebros-${stage}-data-key-arn` };
  const Resources = {};
  for (const [name, definition] of Object.entries(functions)) {
    const logicalId = pascal(name);
    Resources[`${logicalId}LogGroup`] = { Type: 'AWS::Logs::LogGroup', Properties: { KmsKeyId: dataKey } };
    if (reserve) {
      Resources[`${logicalId}LambdaFunction`] = {
        Type: 'AWS::Lambda::Function',
        Properties: { ReservedConcurrentExecutions: concurrency[name] },
      };
    }
    Object.assign(Resources, alarmsOf(stage, `${service}-${stage}-${name}`, logicalId, definition));
  }
  return { Resources };
};
