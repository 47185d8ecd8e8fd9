'use strict';

/**
 * Routes under the shared API that ask for no token, from a service's `custom.publicRoutes`, for a function of their own:
 * one that nothing but what is in the address, signed by us, lets do anything.
 *
 *   publicRoutes: ["GET /v1/unsubscribe/{token}"]
 *
 * A test has the list of all there are.
 */
module.exports = async ({ resolveConfigurationProperty }) => {
  const routes = await resolveConfigurationProperty(['custom', 'publicRoutes']);
  return routes.map((route) => {
    const [method, path] = route.split(' ');
    return { httpApi: { method, path } };
  });
};
