'use strict';

/**
 * Where the API is reached from outside, for links that are sent: `apiUrl` of the stage where it has a host name of its
 * own, else the address that the gateway gave it.
 */
module.exports = async ({ resolveVariable }) => {
  const given = await resolveVariable('param:apiUrl');
  return { url: given || { 'Fn::ImportValue': `zebros-${await resolveVariable('sls:stage')}-http-api-url` } };
};
