'use strict';

/**
 * Schedules, one-time or recurring, from a service's `custom.schedules`, which names for each kind the consumer that they feed:
 *
 *   reminder: due
 *
 * For each: the group `zebros-{stage}-reminders` of EventBridge Scheduler, and the role as which its schedules send, to
 * that consumer's queue and, what cannot be delivered, to its dead letters. The schedules themselves are made by functions
 * that have `defers` in their access (access.js); one-time ones remove themselves once they have been.
 */

const { pascal } = require('./alarm');
const { allow, keyStatement, scheduleGroupName, scheduleRoleId } = require('./grants');

function role(stage, region, groupId, consumer) {
  const queues = ['Queue', 'DeadLetters'].map((kind) => ({ 'Fn::GetAtt': [pascal(consumer) + kind, 'Arn'] }));
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'scheduler.amazonaws.com' },
            Action: 'sts:AssumeRole',
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [groupId, 'Arn'] } },
            },
          },
        ],
      },
      Policies: [
        {
          PolicyName: 'deliver',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [allow('FeedQueue', ['sqs:SendMessage'], queues), keyStatement(stage, region, ['sqs'])],
          },
        },
      ],
    },
  };
}

module.exports = async ({ resolveConfigurationProperty, resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const region = await resolveVariable('self:provider.region');
  const schedules = await resolveConfigurationProperty(['custom', 'schedules']);
  const Resources = {};
  for (const [name, consumer] of Object.entries(schedules)) {
    const groupId = `${pascal(name)}Schedules`;
    Resources[groupId] = { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: scheduleGroupName(stage, name) } };
    Resources[scheduleRoleId(name)] = role(stage, region, groupId, consumer);
  }
  return { Resources };
};
