'use strict';

/**
 * A state machine of a service with what belongs to each: a role of its own, an encrypted log, an alarm on executions that
 * fail. A service's own resources/machines.js says which there are:
 *
 *   machine(stage, days, {
 *     name: 'onboarding',            // -> zebros-{stage}-onboarding, OnboardingMachine
 *     definition: {...},             // Amazon States Language; `${Name}` in its texts stands for
 *     substitutions: { Name: ... },  // these values of CloudFormation
 *     statements: [...],             // what its role may do besides writing logs and traces: what its states call
 *     stopped: 'An ...',             // what the alarm says
 *   })
 *
 * What an execution carries is logged: ids, counts and outcomes, never a record. Which functions start a machine is said
 * by `machines` of their access (access.js).
 */

const { alarm, pascal } = require('./alarm');
const { allow, machineName, own } = require('./grants');

/** Step Functions, for machines of this account. */
const TRUST = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'states.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    },
  ],
};

// AWS offers no narrower resource for the delivery of logs and for traces.
const OBSERVED = [
  allow(
    'DeliverLogs',
    [
      'logs:CreateLogDelivery',
      'logs:GetLogDelivery',
      'logs:UpdateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:DescribeResourcePolicies',
      'logs:DescribeLogGroups',
    ],
    ['*']
  ),
  allow('WriteTraces', ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'], ['*']),
];

/** Of a machine that calls one function. */
const invoke = (functionId) => allow('CarryOutSteps', ['lambda:InvokeFunction'], [{ 'Fn::GetAtt': [functionId, 'Arn'] }]);

const inCluster = (stage) => ({ ArnEquals: { 'ecs:cluster': own('ecs', `cluster/zebros-${stage}`) } });

/**
 * Of a machine that runs one kind of task and waits for it: revisions before the newest too, for executions that are under
 * way. The rule is Step Functions' own, by which it hears of a task's end.
 */
const runTask = (stage, { family, roles }) => [
  allow('RunTask', ['ecs:RunTask'], [own('ecs', `task-definition/${family}:*`)], inCluster(stage)),
  allow('FollowTask', ['ecs:StopTask', 'ecs:DescribeTasks'], [own('ecs', `task/zebros-${stage}/*`)], inCluster(stage)),
  allow('GiveTaskItsRoles', ['iam:PassRole'], roles, { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } }),
  allow('HearOfItsEnd', ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], [
    own('events', 'rule/StepFunctionsGetEventsForECSTaskRule'),
  ]),
];

function machine(stage, days, { name, definition, substitutions, statements, stopped }) {
  const id = pascal(name);
  const fullName = machineName(stage, name);
  return {
    [`${id}MachineRole`]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: TRUST,
        Policies: [{ PolicyName: name, PolicyDocument: { Version: '2012-10-17', Statement: [...statements, ...OBSERVED] } }],
      },
    },
    [`${id}MachineLogs`]: {
      Type: 'AWS::Logs::LogGroup',
      Properties: {
        // Under this prefix policies of delivery do not grow with each group.
        LogGroupName: `/aws/vendedlogs/states/${fullName}`,
        RetentionInDays: days,
        KmsKeyId: { 'Fn::ImportValue': `zebros-${stage}-data-key-arn` },
      },
    },
    [`${id}Machine`]: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: fullName,
        StateMachineType: 'STANDARD',
        RoleArn: { 'Fn::GetAtt': [`${id}MachineRole`, 'Arn'] },
        DefinitionString: JSON.stringify(definition, null, 2),
        DefinitionSubstitutions: substitutions,
        LoggingConfiguration: {
          Level: 'ALL',
          IncludeExecutionData: true,
          Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: { 'Fn::GetAtt': [`${id}MachineLogs`, 'Arn'] } } }],
        },
        TracingConfiguration: { Enabled: true },
      },
    },
    [`${id}MachineFailures`]: alarm(stage, {
      name: `${fullName}-stopped`,
      description: stopped,
      namespace: 'AWS/States',
      metric: 'ExecutionsFailed',
      dimensions: { StateMachineArn: { Ref: `${id}Machine` } },
      statistic: 'Sum',
      threshold: 0,
    }),
  };
}

module.exports = { invoke, machine, runTask };
