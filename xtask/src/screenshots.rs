//! `screenshots`: a picture of every page, light and dark, wide and narrow, in `.dev/screenshots`, on a platform
//! with sample content.

use crate::{
    browser::{self, Work},
    places::{Places, private_folder},
    progress::Progress,
};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Passed on to Playwright: `--grep profile`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (places, progress) = (Places::find()?, Progress::new());
    private_folder(&places.logs())?;
    browser::build(&places, &progress).await?;
    let code = browser::run(&places, &progress, Work::screenshots(&args.args)).await?;
    if code == ExitCode::SUCCESS {
        let folder = places.root.join(".dev").join("screenshots");
        progress.say(format_args!("look at them: {}", folder.display()));
    }
    Ok(code)
}
