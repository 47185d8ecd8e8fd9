'use strict';

/**
 * What depends on more than one of the stage's parameters `network`, `cacheMode`, `identity` and `largeWork`: the refusal of
 * combinations that could not work, and, for `network: endpoints`, an interface endpoint for each AWS service that
 * something inside of the VPC calls. Each costs its hourly price in both zones, so the lists are exactly what is called:
 * a call to a service that is not listed ends in a timeout. DynamoDB and S3 have gateway endpoints (network.yml).
 */

/**
 * What functions in the VPC call: secrets, credentials by tenant, events, bulk doors, state machines, push endpoints,
 * schedules of reminders.
 */
const OF_FUNCTIONS = ['ssm', 'sts', 'events', 'lambda', 'states', 'sns', 'scheduler'];

/** What Keycloak's tasks need: their image, log and secrets; and mail. */
const OF_KEYCLOAK = ['ecr.api', 'ecr.dkr', 'logs', 'secretsmanager', 'email-smtp'];

/** What tasks of jobs need: their image and log, the data keys of backups; else they call what functions call. */
const OF_TASKS = ['ecr.api', 'ecr.dkr', 'logs', 'kms'];

const SMTP_PORT = 587;
const PARAMETERS = {
  network: ['none', 'nat', 'endpoints'],
  cacheMode: ['none', 'node', 'replicated', 'cluster'],
  identity: ['external', 'prepared', 'keycloak'],
  largeWork: ['lambda', 'fargate'],
  target: ['aws', 'emulator'],
};

function check(parameters) {
  for (const [name, known] of Object.entries(PARAMETERS)) {
    if (!known.includes(parameters[name])) {
      throw new Error(`${name} is one of ${known.join(', ')}, not ${parameters[name]}`);
    }
  }
  const { network, cacheMode, identity, largeWork, target } = parameters;
  if (network === 'none' && (cacheMode !== 'none' || identity !== 'external')) {
    throw new Error('A cache or a Keycloak needs a VPC: set network to nat or endpoints');
  }
  if (network === 'none' && largeWork === 'fargate' && target === 'aws') {
    throw new Error('Tasks need a VPC: set network to nat or endpoints, or largeWork to lambda');
  }
  if (network === 'endpoints' && identity === 'external') {
    throw new Error('Without a way out of the VPC functions cannot fetch the keys of an issuer outside: set network to nat');
  }
}

const pascal = (name) => name.split(/[.-]/).map((word) => word[0].toUpperCase() + word.slice(1)).join('');

const ingress = (port, Description) => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port, CidrIp: '10.20.0.0/16', Description });

function endpoint(service) {
  return {
    Type: 'AWS::EC2::VPCEndpoint',
    Properties: {
      VpcId: { Ref: 'Vpc' },
      VpcEndpointType: 'Interface',
      ServiceName: { 'Fn::Sub': `com.amazonaws.\${AWS::Region}.${service}` },
      SubnetIds: [{ Ref: 'PrivateSubnetA' }, { Ref: 'PrivateSubnetB' }],
      SecurityGroupIds: [{ Ref: 'EndpointSecurityGroup' }],
      PrivateDnsEnabled: true,
    },
  };
}

module.exports = async ({ resolveVariable }) => {
  const parameters = {};
  for (const name of Object.keys(PARAMETERS)) parameters[name] = await resolveVariable(`param:${name}`);
  check(parameters);
  if (parameters.network !== 'endpoints') return {};
  const services = new Set([...OF_FUNCTIONS, ...OF_KEYCLOAK, ...(parameters.largeWork === 'fargate' ? OF_TASKS : [])]);
  return {
    Resources: {
      EndpointSecurityGroup: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: {
          GroupDescription: 'Interface endpoints of AWS services',
          VpcId: { Ref: 'Vpc' },
          SecurityGroupIngress: [ingress(443, 'AWS from inside of the VPC'), ingress(SMTP_PORT, 'Mail from Keycloak')],
          // Endpoints answer and never call: a rule that leads nowhere, because none at all would allow everything.
          SecurityGroupEgress: [{ IpProtocol: 'icmp', FromPort: 0, ToPort: 0, CidrIp: '127.0.0.1/32', Description: 'Nothing' }],
        },
      },
      ...Object.fromEntries([...services].map((service) => [`${pascal(service)}Endpoint`, endpoint(service)])),
    },
  };
};
