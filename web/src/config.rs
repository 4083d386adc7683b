//! The settings of this service, beside those that every service has.

use std::path::PathBuf;

use clap::Args;

/// Flags and environment variables of `web`.
#[derive(Debug, Clone, Args)]
pub struct WebSettings {
    /// Folder with the built scripts, styles and fonts; `cargo xtask assets` makes it
    #[arg(long, env = "ASSETS_DIR", default_value = "web/ui/dist")]
    pub assets_dir: PathBuf,

    /// Name of the blog, in titles and feeds
    #[arg(long, env = "SITE_NAME", default_value = "Inkstream")]
    pub site_name: String,

    /// One sentence on what the blog is about
    #[arg(
        long,
        env = "SITE_DESCRIPTION",
        default_value = "A place to write, and to read what others write."
    )]
    pub site_description: String,

    /// Address of the service of accounts
    #[arg(long, env = "AUTH_URL", default_value = "http://auth")]
    pub auth_url: String,

    /// Address of the service of posts
    #[arg(long, env = "POSTS_URL", default_value = "http://posts")]
    pub posts_url: String,

    /// Address of the service of comments
    #[arg(long, env = "COMMENTS_URL", default_value = "http://comments")]
    pub comments_url: String,

    /// Address of the service of moderation
    #[arg(long, env = "MODERATION_URL", default_value = "http://moderation")]
    pub moderation_url: String,

    /// Address of the read side
    #[arg(long, env = "QUERY_URL", default_value = "http://query")]
    pub query_url: String,

    /// Megabytes of pages that are kept in memory for visitors who are not signed in; 0 keeps none
    #[arg(long, env = "WEB_CACHE_MB", default_value_t = 32, value_parser = clap::value_parser!(u64).range(0..=65_536))]
    pub cache_mb: u64,

    /// Seconds after which a service that is asked to read something counts as away
    #[arg(long, env = "READ_TIMEOUT", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub read_timeout: u64,

    /// Seconds after which a service that is asked to change something counts as away
    #[arg(long, env = "WRITE_TIMEOUT", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub write_timeout: u64,
}

impl WebSettings {
    /// Settings for a test or a tool: every service at `url`, the rest as by default.
    pub fn local(url: &str) -> Self {
        let url = url.to_owned();
        Self {
            assets_dir: PathBuf::from("web/ui/dist"),
            site_name: "Inkstream".to_owned(),
            site_description: "A place to write, and to read what others write.".to_owned(),
            auth_url: url.clone(),
            posts_url: url.clone(),
            comments_url: url.clone(),
            moderation_url: url.clone(),
            query_url: url,
            cache_mb: 32,
            read_timeout: 4,
            write_timeout: 5,
        }
    }
}
