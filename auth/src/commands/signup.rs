//! Signing up.

use common::{api::users::SignUpRequest, event::Timestamp, ids::UserId};
use runtime::http::RequestContext;

use super::{Commands, Device, SignedIn};
use crate::{
    domain::{
        account::{Login, Registration},
        user,
    },
    error::AuthError,
    store::Account,
};

impl Commands {
    /// Creates an account and signs its owner in. Of concurrent requests with the same user name or address one
    /// succeeds.
    ///
    /// # Errors
    /// All violations at once; a name or address that is taken; too many accounts from one address.
    pub async fn sign_up(
        &self,
        request: &SignUpRequest,
        device: Device,
        context: &RequestContext,
    ) -> Result<SignedIn, AuthError> {
        let Registration {
            username,
            email,
            profile,
        } = Registration::parse(request)?;
        self.check_sign_ups(device.limit_key).await?;
        let names = vec![Login::Username(username.key()), Login::Email(email.key())];
        self.refuse_taken(&names).await?;
        let password_hash = self.passwords.hash(&request.password).await?;

        let id = UserId::generate();
        let claimed = self.claim(names, id).await?;
        let created = self
            .stores
            .users
            .create(
                user::register(id, profile, Timestamp::now()),
                &username,
                &email,
                &password_hash,
                &context.cause(id),
            )
            .await;
        let stored = match created {
            Ok(stored) => stored,
            Err(error) => {
                // If the account was created after all and only the response was lost, the account has the names.
                self.release_claimed(claimed).await;
                return Err(error.into());
            }
        };
        self.count_sign_up(device.limit_key).await;
        tracing::info!(user = %id, "signed up");
        let account = Account {
            version: stored.version,
            user: stored.state.0,
            email: email.as_str().to_owned(),
            password_hash,
        };
        self.start_session(account, device).await
    }

    /// Saves hashing the password if a name is taken. Another request may still claim a name first.
    async fn refuse_taken(&self, names: &[Login]) -> Result<(), AuthError> {
        for name in names {
            if self.stores.users.account_by_login(name).await?.is_some() {
                return Err(AuthError::taken(name));
            }
        }
        Ok(())
    }
}
