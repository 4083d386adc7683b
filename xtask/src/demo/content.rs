//! The sample content in `xtask/demo`: `authors.json`, `comments.json`, and a Markdown file for each post with its
//! author, title, summary and tags as YAML front matter.

use anyhow::Context;
use serde::{Deserialize, de::DeserializeOwned};
use std::{collections::BTreeMap, fmt, fs, path::Path};

#[derive(Debug)]
pub(super) struct Content {
    pub(super) authors: Vec<Author>,
    pub(super) posts: Vec<Post>,
    /// By the key of the post.
    pub(super) comments: BTreeMap<String, Vec<Comment>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Author {
    pub(super) username: String,
    pub(super) name: String,
    pub(super) email: String,
}

#[derive(Debug)]
pub(super) struct Post {
    /// The name of the file without its extension.
    pub(super) key: String,
    pub(super) head: Head,
    pub(super) body: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) author: String,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) tags: Vec<String>,
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
        let mut posts = Vec::new();
        for entry in fs::read_dir(folder.join("posts")).context("cannot read the sample posts")? {
            let path = entry?.path();
            let key = path.file_stem().unwrap_or_default().to_string_lossy();
            posts.push(
                Post::parse(&key, &fs::read_to_string(&path)?).with_context(|| path.display().to_string())?,
            );
        }
        posts.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self {
            authors: json(&folder.join("authors.json"))?,
            comments: json(&folder.join("comments.json"))?,
            posts,
        })
    }

    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self
            .authors
            .iter()
            .map(|author| author.username.as_str())
            .collect();
        names.join(", ")
    }
}

fn json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| path.display().to_string())
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn count(comments: &[Comment]) -> usize {
            comments.iter().map(|comment| 1 + count(&comment.replies)).sum()
        }
        let (authors, posts) = (self.authors.len(), self.posts.len());
        let comments: usize = self.comments.values().map(|comments| count(comments)).sum();
        write!(f, "{authors} authors, {posts} posts, {comments} comments")
    }
}

impl Post {
    fn parse(key: &str, text: &str) -> anyhow::Result<Self> {
        let parts = text
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"));
        let (head, body) = parts.context("no front matter between two lines of ---")?;
        Ok(Self {
            key: key.to_owned(),
            head: serde_saphyr::from_str(head)?,
            body: body.trim().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Paths;
    use std::collections::HashSet;

    /// Authors of posts and comments that do not exist, and comments on posts that do not exist.
    fn unknown_names(content: &Content) -> Vec<&str> {
        let authors: HashSet<_> = content.authors.iter().map(|author| &author.username).collect();
        let posts: HashSet<_> = content.posts.iter().map(|post| &post.key).collect();
        let mut named: Vec<_> = content.posts.iter().map(|post| &post.head.author).collect();
        let mut comments: Vec<_> = content.comments.values().flatten().collect();
        while let Some(comment) = comments.pop() {
            named.push(&comment.author);
            comments.extend(&comment.replies);
        }
        let unknown_authors = named.into_iter().filter(|name| !authors.contains(name));
        let unknown_posts = content.comments.keys().filter(|key| !posts.contains(key));
        unknown_authors.chain(unknown_posts).map(String::as_str).collect()
    }

    #[test]
    fn the_sample_content_is_consistent_and_within_the_limits() {
        let content = Content::read(&Paths::find().unwrap().root.join("xtask/demo")).unwrap();
        assert_eq!(unknown_names(&content), Vec::<&str>::new());
        assert!(
            content.posts.len() >= 12 && content.authors.len() >= 4,
            "{content}"
        );
        for Post { key, head, body } in &content.posts {
            assert!(
                head.tags.len() <= 10 && head.title.chars().count() <= 200,
                "{key}"
            );
            assert!(!head.summary.is_empty() && body.len() > 400, "{key}");
        }
    }

    #[test]
    fn a_post_has_front_matter() {
        let head = "author: ada\ntitle: 'One: two'\nsummary: s\ntags: [a, b]";
        let post = Post::parse("a", &format!("---\n{head}\n---\n\nText\n")).unwrap();
        assert_eq!(
            (post.head.title.as_str(), post.body.as_str()),
            ("One: two", "Text")
        );
        assert_eq!(post.head.tags, ["a", "b"]);
        assert!(Post::parse("a", "Text").is_err());
        let typo = head.replace("author", "authr");
        assert!(Post::parse("a", &format!("---\n{typo}\n---\nText")).is_err());
    }
}
