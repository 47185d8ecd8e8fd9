'use strict';

/**
 * The domain that mail comes from, registered with SES where the stage's `mailIdentity` names one. Its DNS records (three of
 * DKIM) are the operator's to make; a domain is registered once in an account and region.
 */
module.exports = async ({ resolveVariable }) => {
  const domain = await resolveVariable('param:mailIdentity');
  if (!domain) return {};
  return {
    Resources: {
      MailIdentity: {
        Type: 'AWS::SES::EmailIdentity',
        Properties: {
          EmailIdentity: domain,
          ConfigurationSetAttributes: { ConfigurationSetName: { Ref: 'MailConfigurationSet' } },
          DkimAttributes: { SigningEnabled: true },
          FeedbackAttributes: { EmailForwardingEnabled: false },
        },
      },
    },
  };
};
