//! Decisions about a post, as given, when, then.

use super::*;

pub(crate) fn now() -> Timestamp {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn later(seconds: u64) -> Timestamp {
    now().plus(Duration::from_secs(seconds))
}

pub(crate) fn at(version: u64) -> DecisionContext {
    DecisionContext {
        now: later(version),
        version,
        slug_attempt: 0,
    }
}

fn author() -> UserId {
    "0198c0de-0000-7000-8000-00000000000a".parse().unwrap()
}

fn make(new: CreatePostRequest) -> Result<(Post, PostFact), PostError> {
    let id = "0198c0de-1111-7222-8333-abcdef012345".parse().unwrap();
    create(&new, id, author(), at(1))
}

fn hello(status: Visibility) -> CreatePostRequest {
    CreatePostRequest {
        title: "Hello".to_owned(),
        body: "Text".to_owned(),
        status,
        ..CreatePostRequest::default()
    }
}

pub(crate) fn draft() -> Post {
    make(hello(Visibility::Draft)).unwrap().0
}

pub(crate) fn published() -> Post {
    make(hello(Visibility::Published)).unwrap().0
}

pub(crate) fn changed(post: &Post, change: UpdatePostRequest, version: u64) -> (Post, PostFact) {
    update(post, author(), change, at(version)).unwrap().unwrap()
}

fn titled(title: &str) -> UpdatePostRequest {
    UpdatePostRequest {
        title: Some(title.to_owned()),
        ..UpdatePostRequest::default()
    }
}

pub(crate) fn set(status: Visibility) -> UpdatePostRequest {
    UpdatePostRequest {
        status: Some(status),
        ..UpdatePostRequest::default()
    }
}

pub(crate) fn schedule(time: Timestamp) -> UpdatePostRequest {
    UpdatePostRequest {
        publish_at: Some(Some(time)),
        ..UpdatePostRequest::default()
    }
}

fn refused(result: Decision) -> Vec<Violation> {
    match result {
        Err(PostError::Invalid(violations)) => violations,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn given_nothing_when_a_draft_is_created_then_its_event_does_not_contain_its_text() {
    let (post, fact) = make(hello(Visibility::Draft)).unwrap();
    assert_eq!(fact, PostFact::Created);
    let public = post.public();
    assert_eq!(
        (public.status, public.slug, public.content),
        (PostStatus::Draft, None, None)
    );
}

#[test]
fn given_nothing_when_created_published_then_it_has_a_slug_and_content() {
    let (post, fact) = make(hello(Visibility::Published)).unwrap();
    assert_eq!(fact, PostFact::Published);
    let public = post.public();
    assert_eq!(public.slug.as_deref(), Some("hello"));
    assert_eq!(public.content.unwrap().body, "Text");
    assert_eq!(public.published_at, Some(post.created_at));
}

#[test]
fn given_several_broken_rules_then_all_are_told() {
    let new = CreatePostRequest {
        title: " ".to_owned(),
        body: String::new(),
        cover: Some("javascript:1".to_owned()),
        status: Visibility::Published,
        publish_at: Some(later(60)),
        ..CreatePostRequest::default()
    };
    let violations = match make(new) {
        Err(PostError::Invalid(violations)) => violations,
        other => panic!("not refused: {other:?}"),
    };
    let expected = [
        Violation::TitleEmpty,
        Violation::CoverInvalid,
        Violation::PublishAtNotDraft,
        Violation::BodyEmpty,
    ];
    assert_eq!(violations, expected);
}

#[test]
fn given_an_empty_draft_then_it_can_be_stored_but_neither_published_nor_scheduled() {
    let new = CreatePostRequest {
        title: "Idea".to_owned(),
        ..CreatePostRequest::default()
    };
    let (post, _) = make(new).unwrap();
    for change in [set(Visibility::Published), schedule(later(3600))] {
        assert_eq!(
            refused(update(&post, author(), change, at(2))),
            [Violation::BodyEmpty]
        );
    }
}

#[test]
fn given_a_post_when_nothing_changes_then_nothing_happens() {
    let post = published();
    let same = UpdatePostRequest {
        title: Some(" Hello ".to_owned()),
        summary: Some(None),
        tags: Some(Vec::new()),
        publish_at: Some(None),
        ..set(Visibility::Published)
    };
    assert_eq!(update(&post, author(), same, at(2)), Ok(None));
    assert_eq!(
        update(&post, author(), UpdatePostRequest::default(), at(2)),
        Ok(None)
    );
}

#[test]
fn given_a_text_when_only_tags_change_then_the_revision_stays() {
    let tags = UpdatePostRequest {
        tags: Some(vec!["Rust".to_owned()]),
        ..UpdatePostRequest::default()
    };
    let (tagged, fact) = changed(&draft(), tags, 2);
    assert_eq!((fact, tagged.text_version), (PostFact::Updated, 1));
    let (renamed, _) = changed(&tagged, titled("Other"), 3);
    assert_eq!((renamed.text_version, renamed.text_at), (3, later(3)));
}

#[test]
fn given_a_summary_when_null_then_it_is_removed_and_when_absent_kept() {
    let with_summary = UpdatePostRequest {
        summary: Some(Some("short".to_owned())),
        ..UpdatePostRequest::default()
    };
    let (post, _) = changed(&draft(), with_summary, 2);
    let (post, _) = changed(&post, titled("Other"), 3);
    assert_eq!(post.text.summary.as_deref(), Some("short"));
    let without = UpdatePostRequest {
        summary: Some(None),
        ..UpdatePostRequest::default()
    };
    assert_eq!(changed(&post, without, 4).0.text.summary, None);
}

#[test]
fn given_a_published_post_when_renamed_then_the_old_slug_is_kept() {
    let (post, fact) = changed(&published(), titled("Good bye"), 2);
    assert_eq!(fact, PostFact::Updated);
    assert_eq!(post.slug.as_deref(), Some("good-bye"));
    assert_eq!(post.former_slugs, ["hello"]);
    let (post, _) = changed(&post, titled("Hello!"), 3);
    assert_eq!(post.slug.as_deref(), Some("hello"));
    assert_eq!(post.former_slugs, ["good-bye"]);
}

#[test]
fn given_a_slug_with_a_suffix_then_the_same_title_keeps_and_restores_it() {
    let second = DecisionContext {
        slug_attempt: 1,
        ..at(1)
    };
    let (post, _) = create(&hello(Visibility::Published), draft().id, author(), second).unwrap();
    assert_eq!(post.slug.as_deref(), Some("hello-2345"));
    let (post, _) = changed(&post, titled("HELLO"), 2);
    assert_eq!(post.slug.as_deref(), Some("hello-2345"));
    assert!(post.former_slugs.is_empty());
    let (post, _) = changed(&post, titled("Else"), 3);
    let (post, _) = changed(&post, titled("Hello"), 4);
    assert_eq!(post.slug.as_deref(), Some("hello-2345"));
    assert_eq!(post.former_slugs, ["else"]);
}

#[test]
fn given_an_unpublished_post_when_renamed_then_its_slug_changes_with_the_next_publication() {
    let (post, fact) = changed(&published(), set(Visibility::Draft), 2);
    assert_eq!(fact, PostFact::Unpublished);
    assert_eq!(post.public().content, None);
    assert_eq!(post.public().slug.as_deref(), Some("hello"));
    let (post, _) = changed(&post, titled("Secret plan"), 3);
    assert_eq!(
        post.public().slug.as_deref(),
        Some("hello"),
        "the title of a draft stays private"
    );
    let (post, fact) = changed(&post, set(Visibility::Published), 4);
    assert_eq!(fact, PostFact::Published);
    assert_eq!(post.slug.as_deref(), Some("secret-plan"));
    assert_eq!(post.former_slugs, ["hello"]);
    assert_eq!(post.published_at, Some(later(1)), "the first publication counts");
}

#[test]
fn given_many_renamings_then_the_slug_stays_but_can_return_to_a_former_one() {
    let mut post = published();
    for n in 0..40 {
        post = changed(&post, titled(&format!("Title {n}")), n + 2).0;
    }
    assert_eq!(post.former_slugs.len(), MAX_FORMER_SLUGS);
    assert_eq!(post.slug.as_deref(), Some("title-19"));
    let (post, _) = changed(&post, titled("Hello"), 50);
    assert_eq!(post.slug.as_deref(), Some("hello"));
    assert_eq!(post.former_slugs.len(), MAX_FORMER_SLUGS);
}

#[test]
fn given_a_publication_time_then_it_is_in_the_future_and_within_five_years() {
    let post = draft();
    for (time, violations) in [
        (later(2), Violation::PublishAtPast),
        (now().plus(MAX_AHEAD * 2), Violation::PublishAtTooFar),
    ] {
        assert_eq!(
            refused(update(&post, author(), schedule(time), at(2))),
            [violations]
        );
    }
    let (scheduled, fact) = changed(&post, schedule(later(60)), 2);
    assert_eq!((fact, scheduled.publish_at), (PostFact::Updated, Some(later(60))));
    assert_eq!(scheduled.public().content, None);
    let not_draft = refused(update(&published(), author(), schedule(later(60)), at(2)));
    assert_eq!(not_draft, [Violation::PublishAtNotDraft]);
}

#[test]
fn given_a_scheduled_post_when_it_is_due_then_it_is_published_once() {
    let (post, _) = changed(&draft(), schedule(later(60)), 2);
    assert_eq!(publish_due(&post, at(59)), None);
    let (post, fact) = publish_due(&post, at(60)).unwrap();
    assert_eq!(
        (fact, post.status, post.publish_at),
        (PostFact::Published, Status::Published, None)
    );
    assert_eq!(post.slug.as_deref(), Some("hello"));
    assert_eq!(publish_due(&post, at(61)), None);
}

#[test]
fn given_a_scheduled_post_when_published_by_its_author_then_the_schedule_ends() {
    let (post, _) = changed(&draft(), schedule(later(60)), 2);
    let (post, _) = changed(&post, set(Visibility::Published), 3);
    assert_eq!(post.publish_at, None);
    let emptied = UpdatePostRequest {
        body: Some("  ".to_owned()),
        ..UpdatePostRequest::default()
    };
    assert_eq!(
        refused(update(&post, author(), emptied, at(4))),
        [Violation::BodyEmpty]
    );
}

#[test]
fn given_a_post_when_deleted_then_only_its_slug_remains() {
    let (renamed, _) = changed(&published(), titled("Other"), 2);
    let (tombstone, fact) = delete(&renamed, author(), later(3)).unwrap().unwrap();
    assert_eq!(fact, PostFact::Deleted);
    assert_eq!(tombstone.text, Text::default());
    assert_eq!(tombstone.slug.as_deref(), Some("other"));
    let public = tombstone.public();
    assert_eq!(
        (public.slug, public.former_slugs, public.content),
        (None, vec![], None)
    );
    assert_eq!(public.status, PostStatus::Deleted);
    assert_eq!(delete(&tombstone, author(), later(4)), Ok(None));
    assert_eq!(
        update(&tombstone, author(), titled("x"), at(4)),
        Err(PostError::Deleted)
    );
}

#[test]
fn given_another_user_then_only_published_posts_exist() {
    let other_user = UserId::generate();
    let (tombstone, _) = delete(&published(), author(), later(2)).unwrap().unwrap();
    assert_eq!(
        update(&published(), other_user, titled("x"), at(2)),
        Err(PostError::NotOwner)
    );
    assert_eq!(
        update(&draft(), other_user, titled("x"), at(2)),
        Err(PostError::NotFound)
    );
    assert_eq!(delete(&tombstone, other_user, later(3)), Err(PostError::NotFound));
    assert_eq!(
        delete(&published(), other_user, later(3)),
        Err(PostError::NotOwner)
    );
}

#[test]
fn given_a_post_of_another_site_when_published_then_it_keeps_its_time_and_only_then_can_it_be_set() {
    let elsewhere: Timestamp = "2009-03-01T08:00:00Z".parse().unwrap();
    let with = |status, published_at| CreatePostRequest {
        published_at: Some(published_at),
        ..hello(status)
    };
    let (post, _) = make(with(Visibility::Published, elsewhere)).unwrap();
    assert_eq!(post.public().published_at, Some(elsewhere));
    let refusal = |new| match make(new) {
        Err(PostError::Invalid(violations)) => violations,
        other => panic!("not refused: {other:?}"),
    };
    let future = with(Visibility::Published, later(60));
    assert_eq!(refusal(future), [Violation::PublishedAtFuture]);
    let unpublished = with(Visibility::Draft, elsewhere);
    assert_eq!(refusal(unpublished), [Violation::PublishedAtNotPublishing]);

    let publish = UpdatePostRequest {
        published_at: Some(elsewhere),
        ..set(Visibility::Published)
    };
    let (post, fact) = changed(&draft(), publish.clone(), 2);
    assert_eq!((post.published_at, fact), (Some(elsewhere), PostFact::Published));
    assert_eq!(
        update(&post, author(), publish, at(3)),
        Ok(None),
        "the same again"
    );
    let moved = UpdatePostRequest {
        published_at: Some(now()),
        ..UpdatePostRequest::default()
    };
    let violations = refused(update(&post, author(), moved, at(3)));
    assert_eq!(violations, [Violation::PublishedAtNotPublishing]);
}

#[test]
fn given_a_language_then_it_is_in_the_event_and_null_removes_it() {
    let new = CreatePostRequest {
        language: Some("DE-at".to_owned()),
        ..hello(Visibility::Published)
    };
    let (post, _) = make(new).unwrap();
    let language = |post: &Post| post.public().content.unwrap().language;
    assert_eq!(language(&post).as_deref(), Some("de-AT"));
    let removal = UpdatePostRequest {
        language: Some(None),
        ..UpdatePostRequest::default()
    };
    let (post, fact) = changed(&post, removal, 2);
    assert_eq!((language(&post), fact), (None, PostFact::Updated));
}

#[test]
fn given_a_body_without_a_visible_character_then_it_is_not_published() {
    for body in [
        "\u{200B}\n\u{3164}",
        "<!-- nothing -->",
        "[link]: https://example.org",
        "&nbsp;",
    ] {
        let blank = CreatePostRequest {
            body: body.to_owned(),
            ..hello(Visibility::Published)
        };
        let expected = PostError::Invalid(vec![Violation::BodyEmpty]);
        assert_eq!(make(blank), Err(expected), "{body:?}");
    }
}
