'use strict';

/**
 * What a service needs to know of the stage's cache, by parts:
 *
 *   functions.http:  vpc: ${file(../../infrastructure/fragments/cache.js):vpc, null}   # each function that uses the cache,
 *   custom.access:   http: { cache: true }                                            # and its right to the password
 *
 * `url` and `passwordParameter` are environment variables of every function (provider.yml). The password itself is none:
 * a function reads it by name when it first connects, which with SnapStart is after the restore. A function that does not
 * use the cache stays outside of the VPC, where it starts without a network interface and reaches every AWS service.
 * Without a cache of the stage's own there is no VPC, no right, and the URL is `redisUrl`.
 */

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  if ((await resolveVariable('param:cacheMode')) === 'none') {
    return { url: await resolveVariable('param:redisUrl'), passwordParameter: '', vpc: null };
  }
  const imported = (name) => ({ 'Fn::ImportValue': `zebros-${stage}-${name}` });
  return {
    url: imported('redis-url'),
    passwordParameter: `/aws/reference/secretsmanager/zebros/${stage}/cache-password`,
    vpc: {
      securityGroupIds: [imported('lambda-security-group')],
      subnetIds: [imported('private-subnet-a'), imported('private-subnet-b')],
    },
  };
};
