'use strict';

/**
 * Event consumers from a service's `custom.consumers`:
 *
 *   history: { source: [zebros.customers], detailType: [EntityChanged], detail: {...} }   # detail: optional pattern
 *   delivery: { topic: NotificationsTopic }   # logical id of an SNS topic of the same stack, instead of the bus
 *   bounces: { sharedTopic: mail-feedback }   # `zebros-{stage}-{name}`: a topic of another stack, deployed before this one
 *   due: { schedule: reminder }               # schedules of schedules.js alone
 *
 * For each: a rule on the bus (or a subscription to the topic, whose messages arrive as they were published), a queue, a
 * dead-letter queue that takes both what the sender could not deliver and what the function failed on five times, the
 * policy that admits this sender alone, and two alarms. The function of the same name reads `{Name}Queue`. Messages from
 * the bus carry the tenant as message group: a standard queue then is a fair one, in which one tenant's import delays the
 * others little; order is nobody's promise, so consumers drop what is not newer.
 */

const { alarm, pascal, watched } = require('./alarm');
const { scheduleRoleId, sub } = require('./grants');

const MAX_RECEIVES = 5;
const RETENTION_SECONDS = 14 * 24 * 3600; // the longest that SQS offers: time to mend and redrive
const FUNCTION_TIMEOUT_SECONDS = 30;
// Lambda's own rule: six times the timeout, or a batch comes back while it is still being worked on.
const VISIBILITY_SECONDS = 6 * FUNCTION_TIMEOUT_SECONDS;
const MAX_AGE_SECONDS = 300;

function queue(stage, name, properties) {
  return {
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: name,
      MessageRetentionPeriod: RETENTION_SECONDS,
      KmsMasterKeyId: `alias/zebros-${stage}`,
      KmsDataKeyReusePeriodSeconds: 3600,
      ...properties,
    },
  };
}

/** `sender`: who may send to the queue, as a policy's principal, and the condition that leaves one resource of it. */
function queuePolicy(queueId, sender) {
  const arn = { 'Fn::GetAtt': [queueId, 'Arn'] };
  return {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: queueId }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'OnlyItsSourceSends',
            Effect: 'Allow',
            Principal: sender.principal,
            Action: 'sqs:SendMessage',
            Resource: arn,
            ...(sender.arn && { Condition: { ArnEquals: { 'aws:SourceArn': sender.arn } } }),
          },
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 'sqs:*',
            Resource: arn,
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    },
  };
}

function rule(stage, name, { source, detailType, detail }, queueId, deadLettersId) {
  return {
    Type: 'AWS::Events::Rule',
    Properties: {
      Name: name,
      EventBusName: `zebros-${stage}`,
      EventPattern: { source, 'detail-type': detailType, ...(detail && { detail }) },
      Targets: [
        {
          Id: 'queue',
          Arn: { 'Fn::GetAtt': [queueId, 'Arn'] },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': [deadLettersId, 'Arn'] } },
          RetryPolicy: { MaximumEventAgeInSeconds: 24 * 3600, MaximumRetryAttempts: 185 },
          SqsParameters: { MessageGroupId: '$.detail.tenantId' },
        },
      ],
    },
  };
}

function subscription(topicArn, queueId, deadLettersId) {
  return {
    Type: 'AWS::SNS::Subscription',
    // Without the policy the first messages would go to the dead letters, and those without theirs nowhere.
    DependsOn: [`${queueId}Policy`, `${deadLettersId}Policy`],
    Properties: {
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: { 'Fn::GetAtt': [queueId, 'Arn'] },
      RawMessageDelivery: true,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLettersId, 'Arn'] } },
    },
  };
}

/** ARN of the topic that feeds a consumer; nothing for one that is fed otherwise. */
function topicOf(stage, { topic, sharedTopic }) {
  if (sharedTopic) {
    return sub(`arn:\${AWS::Partition}:sns:\${AWS::Region}:\${AWS::AccountId}:zebros-${stage}-${sharedTopic}`);
  }
  return topic && { Ref: topic };
}

function senderOf(pattern, topic, ruleId) {
  // The scheduler sends as the role that a schedule names, and names nothing of itself.
  if (pattern.schedule) return { principal: { AWS: { 'Fn::GetAtt': [scheduleRoleId(pattern.schedule), 'Arn'] } } };
  if (topic) return { principal: { Service: 'sns.amazonaws.com' }, arn: topic };
  return { principal: { Service: 'events.amazonaws.com' }, arn: { 'Fn::GetAtt': [ruleId, 'Arn'] } };
}

module.exports = async ({ resolveConfigurationProperty, resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const service = await resolveConfigurationProperty(['custom', 'name']);
  const consumers = await resolveConfigurationProperty(['custom', 'consumers']);
  const Resources = {};
  for (const [consumer, pattern] of Object.entries(consumers)) {
    const name = `zebros-${service}-${stage}-${consumer}`;
    const [queueId, deadLettersId, ruleId] = ['Queue', 'DeadLetters', 'Rule'].map((kind) => pascal(consumer) + kind);
    const topic = topicOf(stage, pattern);
    const sender = senderOf(pattern, topic, ruleId);
    Resources[deadLettersId] = queue(stage, `${name}-dead-letters`, {});
    Resources[queueId] = queue(stage, name, {
      VisibilityTimeout: VISIBILITY_SECONDS,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLettersId, 'Arn'] }, maxReceiveCount: MAX_RECEIVES },
    });
    if (topic) Resources[`${pascal(consumer)}Subscription`] = subscription(topic, queueId, deadLettersId);
    else if (!pattern.schedule) Resources[ruleId] = rule(stage, name, pattern, queueId, deadLettersId);
    Resources[`${queueId}Policy`] = queuePolicy(queueId, sender);
    Resources[`${deadLettersId}Policy`] = queuePolicy(deadLettersId, sender);
    Resources[`${deadLettersId}Alarm`] = alarm(stage, {
      name: `${name}-dead-letters`,
      description: 'A message was given up on: look at it, mend the cause, redrive',
      namespace: 'AWS/SQS',
      metric: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: { 'Fn::GetAtt': [deadLettersId, 'QueueName'] } },
      statistic: 'Maximum',
      threshold: 0,
    });
    Resources[`${queueId}Age`] = alarm(stage, {
      name: `${name}-age`,
      description: `Messages wait longer than ${MAX_AGE_SECONDS} s: derived data lags`,
      namespace: 'AWS/SQS',
      metric: 'ApproximateAgeOfOldestMessage',
      dimensions: { QueueName: { 'Fn::GetAtt': [queueId, 'QueueName'] } },
      statistic: 'Maximum',
      threshold: MAX_AGE_SECONDS,
      periods: 3,
    });
  }
  return { Resources: await watched(Resources, resolveVariable) };
};
