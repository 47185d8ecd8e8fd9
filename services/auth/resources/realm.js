'use strict';

/**
 * Where the stage runs its own Keycloak, each deployment has the function `realm` apply services/auth/keycloak/realm.json.
 * The property that differs from one deployment to the next is what makes CloudFormation ask again.
 */
module.exports = async ({ resolveVariable }) => {
  if ((await resolveVariable('param:identity')) !== 'keycloak') return {};
  return {
    Resources: {
      Realm: {
        Type: 'Custom::Realm',
        Properties: {
          ServiceToken: { 'Fn::GetAtt': ['RealmLambdaFunction', 'Arn'] },
          ServiceTimeout: 360,
          Deployment: await resolveVariable('sls:instanceId'),
        },
      },
    },
  };
};
