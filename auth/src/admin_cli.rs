//! The operator's commands: signing keys, and the first administrator.

use std::{io::Write as _, time::Duration};

use clap::{
    Subcommand,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
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
    commands::cleanup_after,
    config::AuthSettings,
    domain::{account::Login, keys::signing, user},
    keyring::{Keyring, KeyringError, Step},
    store::{KeyRecord, PrivateChange, Sessions, SigningKeys, Users},
};

/// How long a command waits for the bus before it leaves publishing to the running service.
const BUS_TIMEOUT: Duration = Duration::from_secs(3);
/// How often creating a key is retried while other processes create keys at the same time.
const ATTEMPTS: usize = 8;

/// The operator's commands.
#[derive(Debug, Clone, Subcommand)]
pub enum AuthCommand {
    /// Manage the signing keys of session tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Assign a role to a user; the way to create the first administrator
    GrantRole {
        /// The user name, in any case
        username: String,
        /// The new role
        #[arg(value_parser = role_parser())]
        role: Role,
    },
}

/// The commands on signing keys.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum KeysCommand {
    /// List all keys, oldest first
    List,
    /// Create the first key, if there is none; a service does so when it starts
    Generate,
    /// Create a new key that signs from now on; tokens of the old key stay valid until they expire
    Rotate,
}

fn role_parser() -> impl TypedValueParser<Value = Role> {
    let roles = [
        (Role::Author, "Reads, writes posts and comments"),
        (Role::Moderator, "Also decides on comments and reports"),
        (Role::Admin, "Also assigns roles"),
    ];
    PossibleValuesParser::new(roles.map(|(role, help)| PossibleValue::new(role.as_str()).help(help)))
        .try_map(|name| Role::from_name(&name).ok_or("unknown role"))
}

/// Runs `command`.
///
/// # Errors
/// If the database is unavailable, or a precondition of the command is not met; the error says what to do.
pub async fn run(
    context: ServiceContext,
    settings: AuthSettings,
    command: AuthCommand,
) -> Result<(), StartError> {
    match command {
        AuthCommand::Keys(KeysCommand::List) => list_keys(&context).await,
        AuthCommand::Keys(KeysCommand::Generate) => create_key(&context, &settings, true).await,
        AuthCommand::Keys(KeysCommand::Rotate) => create_key(&context, &settings, false).await,
        AuthCommand::GrantRole { username, role } => grant_role(&context, &username, role).await,
    }
}

async fn list_keys(context: &ServiceContext) -> Result<(), StartError> {
    let keys = SigningKeys::new(context.database()?)
        .all()
        .await
        .map_err(store_error)?;
    let statuses: Vec<_> = keys.iter().map(KeyRecord::status).collect();
    let signing = signing(&statuses);
    for key in &keys {
        let status = match (signing == Some(key.serial), key.retired_at, key.published) {
            (true, _, _) => "signing".to_owned(),
            (_, Some(at), _) => format!("retired {at}"),
            (_, None, false) => "not published yet".to_owned(),
            (_, None, true) => "active".to_owned(),
        };
        print_line(&format!("{}  created {}  {status}", key.kid, key.created_at));
    }
    if keys.is_empty() {
        print_line(
            "There is no key yet. A service creates one when it starts; so does `auth keys generate`.",
        );
    }
    Ok(())
}

async fn create_key(
    context: &ServiceContext,
    settings: &AuthSettings,
    only_first: bool,
) -> Result<(), StartError> {
    let store = SigningKeys::new(context.database()?);
    if only_first && !store.all().await.map_err(store_error)?.is_empty() {
        return Err(StartError::because(
            "a key already exists; `auth keys rotate` creates another one",
        ));
    }
    let sealer = settings.sealer()?;
    let keyring = Keyring::new(store, sealer, context.bus.clone(), context.verifier.clone());
    let mut attempt = 0;
    let key = loop {
        match keyring.generate().await {
            Err(KeyringError::Store(StoreError::Duplicate { .. })) if attempt < ATTEMPTS => attempt += 1,
            result => break result.map_err(|error| StartError::new("no key was created", error))?,
        }
    };
    print_line(&format!("Created the signing key {}.", key.kid));
    let published =
        is_connected(context).await && matches!(keyring.reconcile_once().await, Ok(Step::Synchronised));
    print_line(if published {
        "The key is published. Running auth services sign with it within seconds."
    } else {
        "The bus cannot be reached. Auth services publish the key when it is available, and sign with it from then on."
    });
    Ok(())
}

async fn grant_role(context: &ServiceContext, username: &str, role: Role) -> Result<(), StartError> {
    commit_role(context, username, role).await?;
    print_line(&format!("{username} now has the role {}.", role.as_str()));
    let published = if is_connected(context).await {
        context.publish_pending().await.map_err(|error| chain(&error))
    } else {
        Err("the bus cannot be reached".to_owned())
    };
    print_line(&match published {
        Ok(()) => {
            "The change is published. Signed-in users get the role with their next request of currentuser."
                .to_owned()
        }
        Err(reason) => format!("The change is committed. A running auth service will publish it ({reason})."),
    });
    Ok(())
}

async fn commit_role(context: &ServiceContext, username: &str, role: Role) -> Result<(), StartError> {
    let users = Users::new(context.storage()?);
    let account = users
        .account_by_login(&Login::parse(username))
        .await
        .map_err(store_error)?
        .ok_or_else(|| StartError::because(format!("there is no user `{username}`")))?;
    let cause = Cause::service(NAME, RequestContext::background().correlation_id);
    let mut cleanup = None;
    let id = account.user.id;
    let committed = users.update(id, None, &cause, |current| {
        cleanup = cleanup_after(current, role);
        let private = PrivateChange {
            cleanup: cleanup.clone(),
            ..PrivateChange::default()
        };
        let decision = user::change_role(current, None, role)?;
        Ok(decision.map(|decision| (decision, private)))
    });
    committed.await.map_err(|error| match error {
        CommandError::Domain(error) => StartError::new("the role was not assigned", error),
        CommandError::Store(error) => StartError::new("the role was not assigned", error),
    })?;
    if let Some(cleanup) = cleanup {
        // A running service publishes the end of the sessions; otherwise the next one does when it starts.
        let sessions = Sessions::new(context.database()?);
        sessions.end_all(id, None).await.map_err(store_error)?;
        users.remove_cleanup(id, &cleanup).await.map_err(store_error)?;
        print_line(&format!(
            "All sessions started before {} have ended.",
            Timestamp::now()
        ));
    }
    Ok(())
}

async fn is_connected(context: &ServiceContext) -> bool {
    let connected = async {
        while !context.bus.is_connected() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(BUS_TIMEOUT, connected).await.is_ok()
}

fn store_error(error: StoreError) -> StartError {
    StartError::new("the database cannot be used", error)
}

/// Prints a result on standard output.
fn print_line(line: &str) {
    // A closed pipe is not an error of the command.
    let _ = writeln!(std::io::stdout(), "{line}");
}
