'use strict';

/**
 * The routes of a service's HTTP function from `custom.routes`, a list of paths under the shared API. `/{proxy+}` at the
 * end of a path takes everything below it: inside of the function our own router decides, so that 404 and 405 are ours
 * and documented. Each route has the shared authorizer. An action, which nobody reads or deletes, is stated with its method
 * (`POST /v1/customers:batch`): the gateway has room for 300 routes.
 *
 * Methods are listed, not `ANY`: an `ANY` route with an authorizer also catches the browser's preflight OPTIONS, which
 * carries no token, and answers it 401. Left out here, OPTIONS is answered by the API's own CORS configuration.
 */

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

module.exports = async ({ resolveConfigurationProperty, resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const paths = await resolveConfigurationProperty(['custom', 'routes']);
  const authorizer = { type: 'jwt', id: { 'Fn::ImportValue': `zebros-${stage}-jwt-authorizer-id` } };
  return paths.flatMap((stated) => {
    const [path, only] = stated.split(' ').reverse();
    return (only ? [only] : METHODS).map((method) => ({ httpApi: { method, path, authorizer } }));
  });
};
