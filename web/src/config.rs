//! The settings of this service, in addition to those of every service.

use std::path::PathBuf;

use clap::Args;

/// What feeds contain of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FeedContent {
    /// The whole text
    Full,
    /// The summary
    Excerpt,
}

/// Flags and environment variables of `web`.
#[derive(Debug, Clone, Args)]
pub struct WebSettings {
    /// Folder of the built scripts, styles and fonts, created by `cargo xtask assets`
    #[arg(long, env = "ASSETS_DIR", default_value = "web/ui/dist")]
    pub assets_dir: PathBuf,

    /// Name of the blog
    #[arg(long, env = "SITE_NAME", default_value = "Inkstream")]
    pub site_name: String,

    /// Description of the blog, in one sentence
    #[arg(
        long,
        env = "SITE_DESCRIPTION",
        default_value = "A place to write, and to read what others write."
    )]
    pub site_description: String,

    /// What feeds contain of a post
    #[arg(long, env = "FEED_CONTENT", default_value = "full", value_enum)]
    pub feed_content: FeedContent,

    /// Address of the auth service
    #[arg(long, env = "AUTH_URL", default_value = "http://auth")]
    pub auth_url: String,

    /// Address of the posts service
    #[arg(long, env = "POSTS_URL", default_value = "http://posts")]
    pub posts_url: String,

    /// Address of the comments service
    #[arg(long, env = "COMMENTS_URL", default_value = "http://comments")]
    pub comments_url: String,

    /// Address of the moderation service
    #[arg(long, env = "MODERATION_URL", default_value = "http://moderation")]
    pub moderation_url: String,

    /// Address of the query service
    #[arg(long, env = "QUERY_URL", default_value = "http://query")]
    pub query_url: String,

    /// Size of the page cache for anonymous visitors, in megabytes; 0 disables it
    #[arg(long, env = "WEB_CACHE_MB", default_value_t = 32, value_parser = clap::value_parser!(u64).range(0..=65_536))]
    pub cache_mb: u64,

    /// Timeout of calls that read, in seconds
    #[arg(long, env = "READ_TIMEOUT", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub read_timeout: u64,

    /// Timeout of calls that write, in seconds
    #[arg(long, env = "WRITE_TIMEOUT", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub write_timeout: u64,
}

impl WebSettings {
    /// The default settings, with every service at `url`; for tests and tools.
    pub fn local(url: &str) -> Self {
        let url = url.to_owned();
        Self {
            assets_dir: PathBuf::from("web/ui/dist"),
            site_name: "Inkstream".to_owned(),
            site_description: "A place to write, and to read what others write.".to_owned(),
            feed_content: FeedContent::Full,
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
