//! The operator's commands: signing keys, and the first administrator.

use std::{io::Write as _, time::Duration};

use clap::{Subcommand, ValueEnum};
use common::{
    error::chain,
    event::{Role, Timestamp},
};
use runtime::{
    http::RequestContext,
    service::{ServiceContext, StartError},
    store::{Cause, CommandError, StoreError},
};

use crate::{
    NAME,
    commands::lowering,
    config::AuthSettings,
    domain::{account::Login, keys::signing, user},
    keyring::{Keyring, KeyringError, Step},
    store::{KeyRecord, PrivateChange, Sessions, SigningKeys, Users},
};

/// How long a command waits for the bus before it leaves the rest to the running service.
const BUS_PATIENCE: Duration = Duration::from_secs(3);
/// How often a key is made anew when somebody else makes one at the same moment.
const ATTEMPTS: usize = 8;

/// The operator's commands.
#[derive(Debug, Clone, Subcommand)]
pub enum AuthCommand {
    /// Signing keys of session tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Give a user a role; this is how the first administrator is made
    GrantRole {
        /// The user name, in any case
        username: String,
        /// What they may do from now on
        role: RoleName,
    },
}

/// What can be done with signing keys.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum KeysCommand {
    /// List all keys, oldest first
    List,
    /// Make the first key, if there is none; a service does so by itself when it starts
    Generate,
    /// Make a new key that signs from now on; tokens of the old one stay valid until they expire
    Rotate,
}

/// A role as the operator types it.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RoleName {
    /// Reads, writes posts and comments
    Author,
    /// Also decides on comments and reports
    Moderator,
    /// Also gives roles
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Author => Self::Author,
            RoleName::Moderator => Self::Moderator,
            RoleName::Admin => Self::Admin,
        }
    }
}

/// Does `command`.
///
/// # Errors
/// If the database is away, or what the command needs is not there; the text says what to do.
pub async fn run(
    context: ServiceContext,
    settings: AuthSettings,
    command: AuthCommand,
) -> Result<(), StartError> {
    let (context, settings) = (&context, &settings);
    match command {
        AuthCommand::Keys(KeysCommand::List) => list_keys(context).await,
        AuthCommand::Keys(KeysCommand::Generate) => make_key(context, settings, true).await,
        AuthCommand::Keys(KeysCommand::Rotate) => make_key(context, settings, false).await,
        AuthCommand::GrantRole { username, role } => grant_role(context, &username, role.into()).await,
    }
}

async fn list_keys(context: &ServiceContext) -> Result<(), StartError> {
    let keys = SigningKeys::new(context.database()?)
        .all()
        .await
        .map_err(unreadable)?;
    let statuses: Vec<_> = keys.iter().map(KeyRecord::status).collect();
    let signs = signing(&statuses);
    for key in &keys {
        let state = match (signs == Some(key.serial), key.retired_at, key.published) {
            (true, _, _) => "signs".to_owned(),
            (_, Some(at), _) => format!("retired {at}"),
            (_, None, false) => "waits to be published".to_owned(),
            (_, None, true) => "active".to_owned(),
        };
        tell(&format!("{}  made {}  {state}", key.kid, key.created_at));
    }
    if keys.is_empty() {
        tell("There is no key yet; a service makes one when it starts, or `auth keys generate` does.");
    }
    Ok(())
}

async fn make_key(
    context: &ServiceContext,
    settings: &AuthSettings,
    only_first: bool,
) -> Result<(), StartError> {
    let store = SigningKeys::new(context.database()?);
    if only_first && !store.all().await.map_err(unreadable)?.is_empty() {
        return Err(StartError::because(
            "there is a key already; `auth keys rotate` makes another",
        ));
    }
    let sealer = settings.sealer()?;
    let keyring = Keyring::new(store, sealer, context.bus.clone(), context.verifier.clone());
    let mut attempt = 0;
    let key = loop {
        match keyring.generate().await {
            Err(KeyringError::Store(StoreError::Duplicate { .. })) if attempt < ATTEMPTS => attempt += 1,
            result => break result.map_err(|error| StartError::new("no key was made", error))?,
        }
    };
    tell(&format!("Made the signing key {}.", key.kid));
    let published = async {
        if is_connected(context).await {
            matches!(keyring.reconcile_once().await, Ok(Step::Done))
        } else {
            false
        }
    };
    tell(if published.await {
        "Every service knows it; running auth services sign with it within seconds."
    } else {
        "The bus cannot be reached: auth services publish it when it is back, and only then sign with it."
    });
    Ok(())
}

async fn grant_role(context: &ServiceContext, username: &str, role: Role) -> Result<(), StartError> {
    commit_role(context, username, role).await?;
    tell(&format!("{username} is {} now.", role.as_str()));
    let relayed = if is_connected(context).await {
        context.publish_pending().await.map_err(|error| chain(&error))
    } else {
        Err("the bus cannot be reached".to_owned())
    };
    tell(&match relayed {
        Ok(_) => {
            "Every service learns it now. Whoever is signed in gets it with the next look at currentuser."
                .to_owned()
        }
        Err(reason) => format!("It is committed; a running auth service will publish it ({reason})."),
    });
    Ok(())
}

async fn commit_role(context: &ServiceContext, username: &str, role: Role) -> Result<(), StartError> {
    let users = Users::new(context.storage()?);
    let account = users
        .account_by_login(&Login::parse(username))
        .await
        .map_err(unreadable)?;
    let Some(account) = account else {
        return Err(StartError::because(format!("there is no user `{username}`")));
    };
    let cause = Cause::service(NAME, RequestContext::background().correlation_id);
    let mut promised = None;
    let id = account.user.id;
    let committed = users.update(id, None, &cause, |present| {
        promised = lowering(present, role);
        let decision = user::change_role(present, None, role)?;
        Ok(decision.map(|decision| (decision, PrivateChange::promising(promised.clone()))))
    });
    committed.await.map_err(|error| match error {
        CommandError::Domain(error) => StartError::new("the role was not given", error),
        CommandError::Store(error) => StartError::new("the role was not given", error),
    })?;
    if let Some(unfinished) = promised {
        // A running service publishes their end; without one, its start does.
        let sessions = Sessions::new(context.database()?);
        sessions.end_all(id, None).await.map_err(unreadable)?;
        users.finished(id, &unfinished).await.map_err(unreadable)?;
        tell(&format!(
            "Sessions that began before {} are ended.",
            Timestamp::now()
        ));
    }
    Ok(())
}

async fn is_connected(context: &ServiceContext) -> bool {
    let waiting = async {
        while !context.bus.is_connected() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(BUS_PATIENCE, waiting).await.is_ok()
}

fn unreadable(error: StoreError) -> StartError {
    StartError::new("the database cannot be used", error)
}

/// The result of a command, on standard output.
fn tell(line: &str) {
    // Whoever closed the pipe does not want to know.
    let _ = writeln!(std::io::stdout(), "{line}");
}
