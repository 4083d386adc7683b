//! The sample content as it stands in `xtask/demo`: `authors.json`, `comments.json`, and a Markdown file for
//! each post with its title, author, tags and summary on top.

use anyhow::{Context, bail};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt, fs, path::Path};

#[derive(Debug)]
pub(super) struct Content {
    pub(super) authors: Vec<Author>,
    pub(super) posts: Vec<Post>,
    /// By the post's key.
    pub(super) comments: BTreeMap<String, Vec<Comment>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Author {
    pub(super) username: String,
    pub(super) name: String,
    pub(super) email: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Post {
    /// The file's name without its ending.
    pub(super) key: String,
    pub(super) author: String,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) tags: Vec<String>,
    pub(super) body: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Comment {
    pub(super) author: String,
    pub(super) body: String,
    #[serde(default)]
    pub(super) replies: Vec<Comment>,
}

impl Content {
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let text =
            |name: &str| fs::read_to_string(folder.join(name)).with_context(|| format!("cannot read {name}"));
        let authors = serde_json::from_str(&text("authors.json")?).context("authors.json")?;
        let comments = serde_json::from_str(&text("comments.json")?).context("comments.json")?;
        let mut posts = Vec::new();
        for entry in fs::read_dir(folder.join("posts"))? {
            let name = entry?.file_name();
            if let Some(key) = name.to_str().and_then(|name| name.strip_suffix(".md")) {
                let text = text(&format!("posts/{key}.md"))?;
                posts.push(Post::parse(key, &text).with_context(|| format!("posts/{key}.md"))?);
            }
        }
        posts.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self {
            authors,
            posts,
            comments,
        })
    }

    pub(super) fn names(&self) -> String {
        self.authors
            .iter()
            .map(|author| author.username.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn count(comments: &[Comment]) -> usize {
            comments.iter().map(|comment| 1 + count(&comment.replies)).sum()
        }
        let comments: usize = self.comments.values().map(|comments| count(comments)).sum();
        write!(
            f,
            "{} authors, {} posts, {comments} comments",
            self.authors.len(),
            self.posts.len()
        )
    }
}

impl Post {
    fn parse(key: &str, text: &str) -> anyhow::Result<Self> {
        let head = text
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"));
        let (head, body) = head.context("no head between two lines of ---")?;
        let mut post = Self {
            key: key.to_owned(),
            body: body.trim().to_owned(),
            ..Self::default()
        };
        for line in head.lines() {
            let (name, value) = line
                .split_once(':')
                .with_context(|| format!("{line:?} is no `name: value`"))?;
            let value = value.trim();
            match name {
                "author" => post.author = value.to_owned(),
                "title" => post.title = value.to_owned(),
                "summary" => post.summary = value.to_owned(),
                "tags" => post.tags = value.split(',').map(|tag| tag.trim().to_owned()).collect(),
                other => bail!("{other:?} is not known here"),
            }
        }
        if post.author.is_empty() || post.title.is_empty() || post.body.is_empty() {
            bail!("author, title and text are needed");
        }
        Ok(post)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::Places;
    use std::collections::HashSet;

    /// Whoever writes or comments must be an author, and comments need their post.
    fn loose_ends(content: &Content) -> Vec<String> {
        let authors: HashSet<_> = content
            .authors
            .iter()
            .map(|author| author.username.as_str())
            .collect();
        let posts: HashSet<_> = content.posts.iter().map(|post| post.key.as_str()).collect();
        let mut speakers: Vec<_> = content.posts.iter().map(|post| post.author.as_str()).collect();
        let mut comments: Vec<_> = content.comments.values().flatten().collect();
        while let Some(comment) = comments.pop() {
            speakers.push(&comment.author);
            comments.extend(&comment.replies);
        }
        let strangers = speakers.into_iter().filter(|name| !authors.contains(name));
        let adrift = content
            .comments
            .keys()
            .map(String::as_str)
            .filter(|key| !posts.contains(key));
        strangers.chain(adrift).map(str::to_owned).collect()
    }

    #[test]
    fn the_sample_content_hangs_together_and_keeps_to_the_limits() {
        let content = Content::read(&Places::find().unwrap().root.join("xtask/demo")).unwrap();
        assert_eq!(loose_ends(&content), Vec::<String>::new());
        assert!(
            content.posts.len() >= 12 && content.authors.len() >= 4,
            "{content}"
        );
        for post in &content.posts {
            assert!(
                post.tags.len() <= 10 && post.title.chars().count() <= 200,
                "{}",
                post.key
            );
            assert!(!post.summary.is_empty() && post.body.len() > 400, "{}", post.key);
        }
    }

    #[test]
    fn a_post_has_its_head_on_top() {
        let post = Post::parse(
            "a",
            "---\nauthor: ada\ntitle: One: two\ntags: a, b\n---\n\nText\n",
        )
        .unwrap();
        assert_eq!((post.title.as_str(), post.body.as_str()), ("One: two", "Text"));
        assert_eq!(post.tags, ["a", "b"]);
        assert!(Post::parse("a", "Text").is_err());
        assert!(Post::parse("a", "---\nauthr: ada\n---\nText").is_err());
    }
}
