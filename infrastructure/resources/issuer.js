'use strict';

/**
 * The authorizer of the API, and where the issuer's host name leads when the issuer is our own Keycloak.
 *
 * API Gateway reads the issuer's discovery document when the authorizer is made, and refuses an issuer that does not
 * answer: so the authorizer comes after Keycloak's service is stable, its rules and its DNS record. While the stage is
 * only `prepared` for Keycloak there is no authorizer, and no service can be deployed yet.
 *
 * Without a way out of the VPC (`network: endpoints`) the host name leads, inside, to a network load balancer in front of
 * the same balancer: the same certificate, rules and targets, by private addresses.
 */

const authorizer = (stage, issuer, audience, after) => ({
  JwtAuthorizer: {
    Type: 'AWS::ApiGatewayV2::Authorizer',
    ...(after.length && { DependsOn: after }),
    Properties: {
      Name: `zebros-${stage}`,
      ApiId: { Ref: 'HttpApi' },
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      // RS256 and the discovery document of the issuer. The services verify the same token again.
      JwtConfiguration: { Issuer: issuer, Audience: [audience] },
    },
  },
});

const record = (zone, host, balancer) => ({
  Type: 'AWS::Route53::RecordSet',
  Properties: {
    ...zone,
    Name: host,
    Type: 'A',
    AliasTarget: {
      DNSName: { 'Fn::GetAtt': [balancer, 'DNSName'] },
      HostedZoneId: { 'Fn::GetAtt': [balancer, 'CanonicalHostedZoneID'] },
      EvaluateTargetHealth: false,
    },
  },
});

const rule = (Description, peer) => ({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, Description, ...peer });

function insideAddress(stage, host) {
  return {
    InsideSecurityGroup: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: {
        GroupDescription: 'Way to Keycloak inside of the VPC',
        VpcId: { Ref: 'Vpc' },
        SecurityGroupIngress: [rule('Functions', { SourceSecurityGroupId: { Ref: 'LambdaSecurityGroup' } })],
        SecurityGroupEgress: [rule('Load balancer of Keycloak', { CidrIp: '10.20.0.0/16' })],
      },
    },
    InsideBalancer: {
      Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
      Properties: {
        Name: `zebros-${stage}-identity-inside`,
        Type: 'network',
        Scheme: 'internal',
        Subnets: [{ Ref: 'PrivateSubnetA' }, { Ref: 'PrivateSubnetB' }],
        SecurityGroups: [{ Ref: 'InsideSecurityGroup' }],
        LoadBalancerAttributes: [{ Key: 'load_balancing.cross_zone.enabled', Value: 'true' }],
      },
    },
    InsideTargets: {
      Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
      DependsOn: 'HttpsListener',
      Properties: {
        Name: `zebros-${stage}-identity-inside`,
        VpcId: { Ref: 'Vpc' },
        TargetType: 'alb',
        Protocol: 'TCP',
        Port: 443,
        Targets: [{ Id: { Ref: 'Balancer' }, Port: 443 }],
        HealthCheckProtocol: 'HTTPS',
        HealthCheckPath: '/realms/zebros',
      },
    },
    InsideListener: {
      Type: 'AWS::ElasticLoadBalancingV2::Listener',
      Properties: {
        LoadBalancerArn: { Ref: 'InsideBalancer' },
        Protocol: 'TCP',
        Port: 443,
        DefaultActions: [{ Type: 'forward', TargetGroupArn: { Ref: 'InsideTargets' } }],
      },
    },
    InsideZone: {
      Type: 'AWS::Route53::HostedZone',
      Properties: { Name: host, VPCs: [{ VPCId: { Ref: 'Vpc' }, VPCRegion: { Ref: 'AWS::Region' } }] },
    },
    InsideRecord: record({ HostedZoneId: { Ref: 'InsideZone' } }, host, 'InsideBalancer'),
  };
}

module.exports = async ({ resolveVariable }) => {
  const parameters = {};
  for (const name of ['issuer', 'audience', 'identity', 'network', 'hostedZoneId']) {
    parameters[name] = await resolveVariable(`param:${name}`);
  }
  const stage = await resolveVariable('sls:stage');
  const { issuer, audience, identity, network, hostedZoneId } = parameters;
  const Resources = {};
  const after = [];
  if (identity !== 'external') {
    const host = new URL(issuer).hostname;
    if (hostedZoneId) {
      Resources.IssuerRecord = record({ HostedZoneId: hostedZoneId }, host, 'Balancer');
      after.push('IssuerRecord');
    }
    if (network === 'endpoints') Object.assign(Resources, insideAddress(stage, host));
    after.push('KeycloakService', 'PublicPages');
  }
  if (identity === 'prepared') return { Resources };
  return {
    Resources: { ...Resources, ...authorizer(stage, issuer, audience, after) },
    Outputs: {
      JwtAuthorizerId: {
        Value: { Ref: 'JwtAuthorizer' },
        Export: { Name: `zebros-${stage}-jwt-authorizer-id` },
      },
    },
  };
};
