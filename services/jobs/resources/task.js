'use strict';

/**
 * The task that does the work of a large job where the stage has tasks: the same code as the functions', from an image that
 * is made of the artefact (../Dockerfile) and named by its hash, so that a deployment never runs older code than it says.
 * It does work and nothing else: what follows (signing, mail, the next job) is the worker function's. Its environment is
 * the worker's.
 */

const access = require('../../../infrastructure/fragments/access');
const { allow, sub } = require('../../../infrastructure/fragments/grants');
const { TASK, taskFamily } = require('./task_names');

/** Replaced by the build plugin. */
const ARTEFACT = '{artefact}';
/** As in the Dockerfile, whose volume it is: what a task may write to. */
const WORK_FOLDER = '/work';
const WORK_VOLUME = 'work';
const WORK_GIGABYTES = 50;

const attribute = (resource) => ({ 'Fn::GetAtt': [resource, 'Arn'] });

const role = (policyName, statements) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'ecs-tasks.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: {
            StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
            ArnLike: { 'aws:SourceArn': sub('arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:*') },
          },
        },
      ],
    },
    Policies: [{ PolicyName: policyName, PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
  },
});

/** Pulls the image and writes the log. */
const executionStatements = (stage) => [
  // AWS offers no narrower resource for the token.
  allow('SignInToImages', ['ecr:GetAuthorizationToken'], ['*']),
  allow('PullImage', ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], [
    sub(`arn:\${AWS::Partition}:ecr:\${AWS::Region}:\${AWS::AccountId}:repository/zebros-${stage}-jobs`),
  ]),
  allow('WriteLog', ['logs:CreateLogStream', 'logs:PutLogEvents'], [attribute(TASK.logs)]),
];

const securityGroup = (stage) => ({
  Type: 'AWS::EC2::SecurityGroup',
  Properties: {
    GroupDescription: 'Tasks of jobs',
    VpcId: { 'Fn::ImportValue': `zebros-${stage}-vpc` },
    SecurityGroupEgress: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0', Description: 'AWS' }],
  },
});

function container(stage, environment, stopSeconds) {
  return {
    Name: 'worker', // which the state machines tell the job
    Image: { 'Fn::Sub': [`\${images}:${ARTEFACT}`, { images: { 'Fn::ImportValue': `zebros-${stage}-jobs-images` } }] },
    Essential: true,
    ReadonlyRootFilesystem: true,
    MountPoints: [{ SourceVolume: WORK_VOLUME, ContainerPath: WORK_FOLDER, ReadOnly: false }],
    // As process 1 Python would not get the signal's default, and would reap nobody.
    LinuxParameters: { Capabilities: { Drop: ['ALL'] }, InitProcessEnabled: true },
    Environment: Object.entries(environment).map(([Name, Value]) => ({ Name, Value })),
    StopTimeout: stopSeconds,
    LogConfiguration: {
      LogDriver: 'awslogs',
      Options: { 'awslogs-group': { Ref: TASK.logs }, 'awslogs-region': { Ref: 'AWS::Region' }, 'awslogs-stream-prefix': 'jobs' },
    },
  };
}

module.exports = async (variables) => {
  const { resolveConfigurationProperty, resolveVariable } = variables;
  if ((await resolveVariable('param:largeWork')) !== 'fargate') return {};
  const stage = await resolveVariable('sls:stage');
  const parameters = {};
  for (const name of ['network', 'logRetentionDays', 'taskCpu', 'taskMemory', 'taskSeconds', 'taskStopSeconds']) {
    parameters[name] = await resolveVariable(`param:${name}`);
  }
  const { task: statements } = await access(variables);
  const environment = {
    ...(await resolveConfigurationProperty(['provider', 'environment'])),
    ...(await resolveConfigurationProperty(['custom', 'environment'])),
    AWS_REGION: { Ref: 'AWS::Region' },
    TASK_SECONDS: String(parameters.taskSeconds),
    TMPDIR: WORK_FOLDER,
  };
  return {
    Resources: {
      [TASK.logs]: {
        Type: 'AWS::Logs::LogGroup',
        Properties: {
          LogGroupName: `/zebros/${stage}/jobs`,
          RetentionInDays: parameters.logRetentionDays,
          KmsKeyId: { 'Fn::ImportValue': `zebros-${stage}-data-key-arn` },
        },
      },
      [TASK.role]: role('work', statements),
      [TASK.executionRole]: role('start', executionStatements(stage)),
      ...(parameters.network !== 'none' && { [TASK.securityGroup]: securityGroup(stage) }),
      [TASK.definition]: {
        Type: 'AWS::ECS::TaskDefinition',
        Properties: {
          Family: taskFamily(stage),
          RequiresCompatibilities: ['FARGATE'],
          NetworkMode: 'awsvpc',
          Cpu: parameters.taskCpu,
          Memory: parameters.taskMemory,
          EphemeralStorage: { SizeInGiB: WORK_GIGABYTES },
          RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
          ExecutionRoleArn: attribute(TASK.executionRole),
          TaskRoleArn: attribute(TASK.role),
          Volumes: [{ Name: WORK_VOLUME }],
          ContainerDefinitions: [container(stage, environment, parameters.taskStopSeconds)],
        },
      },
    },
  };
};
