'use strict';

/**
 * Where a batch goes that the stream function failed on until its retries or its age ran out: to the failures bucket,
 * records included, for a replay. The framework knows queues and topics only as destinations (which get a pointer that
 * dies with the stream's 24 hours), so this is merged into the mappings that it makes from `events: - stream:`.
 */

const { pascal } = require('./alarm');

module.exports = async ({ resolveConfigurationProperty, resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const tables = await resolveConfigurationProperty(['custom', 'tables']);
  const destination = { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::zebros-${stage}-\${AWS::AccountId}-failures` };
  const Resources = {};
  for (const [name, { stream }] of Object.entries(tables)) {
    if (!stream) continue;
    Resources[`StreamEventSourceMappingDynamodb${pascal(name)}Table`] = {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: { DestinationConfig: { OnFailure: { Destination: destination } } },
    };
  }
  return { Resources };
};
