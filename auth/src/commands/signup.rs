//! Signing up.

use common::{api::users::SignUpRequest, event::Timestamp, ids::UserId};
use runtime::http::RequestContext;

use super::{Commands, Device, SignedIn, anonymous};
use crate::{
    domain::{
        account::{Login, Registration},
        user,
    },
    error::AuthError,
    store::Account,
};

impl Commands {
    /// Makes an account and signs its owner in. Of many at once with one user name or address, one passes.
    ///
    /// # Errors
    /// All that is wrong with the values at once; a name or address that is taken; too many from one address.
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
        } = Registration::parse(
            &request.username,
            &request.email,
            request.password.expose(),
            request.name.as_deref(),
            request.bio.as_deref(),
        )?;
        self.check_sign_ups(device.limit_key).await?;
        let names = vec![Login::Username(username.key()), Login::Email(email.key())];
        self.refuse_taken(&names).await?;
        let password_hash = self.passwords.hash(&request.password).await?;

        let decision = user::register(UserId::generate(), profile, Timestamp::now());
        let id = decision.0.id;
        let cause = runtime::store::Cause {
            actor: format!("user:{id}"),
            ..anonymous(&context.correlation_id, context.traceparent.clone())
        };
        let claimed = self.claim(names, id).await?;
        let created = self
            .stores
            .users
            .create(decision, &username, &email, &password_hash, &cause)
            .await;
        let stored = match created {
            Ok(stored) => stored,
            Err(error) => {
                // An account that was made all the same, its answer lost, still bears the names.
                self.give_up(claimed).await;
                return Err(error.into());
            }
        };
        self.count_sign_up(device.limit_key).await;
        tracing::info!(user = %id, "signed up");
        let account = Account {
            version: i64::try_from(stored.version).unwrap_or(i64::MAX),
            user: stored.state.0,
            email: email.as_str().to_owned(),
            password_hash,
        };
        self.begin_session(account, device).await
    }

    /// Spares the hashing where the answer is known; who passes may still lose to another at the claim.
    async fn refuse_taken(&self, names: &[Login]) -> Result<(), AuthError> {
        for name in names {
            if self.stores.users.account_by_login(name).await?.is_some() {
                return Err(match name {
                    Login::Username(_) => AuthError::UsernameTaken,
                    Login::Email(_) => AuthError::EmailTaken,
                });
            }
        }
        Ok(())
    }
}
