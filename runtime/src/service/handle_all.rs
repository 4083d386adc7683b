//! Work on many items, some of which may fail.

use futures::{StreamExt as _, stream};

/// How many items of a page are handled concurrently.
const CONCURRENCY: usize = 8;

/// Handles all items that `page` finds. A handled item is not found again; `page` receives those that failed and leaves
/// them out, so that they do not hold up the others.
///
/// # Errors
/// That of `page`; otherwise the first one of `handle`, after all other items were handled.
pub async fn handle_all<T, E, P, H>(page: impl Fn(Vec<T>) -> P, handle: impl Fn(T) -> H) -> Result<(), E>
where
    T: Clone,
    P: Future<Output = Result<Vec<T>, E>>,
    H: Future<Output = Result<(), E>>,
{
    let (mut failed, mut first_error) = (Vec::new(), None);
    loop {
        let items = page(failed.clone()).await?;
        if items.is_empty() {
            return first_error.map_or(Ok(()), Err);
        }
        let handled = stream::iter(items).map(|item| {
            let handling = handle(item.clone());
            async move { (item, handling.await) }
        });
        let results: Vec<_> = handled.buffer_unordered(CONCURRENCY).collect().await;
        for (item, result) in results {
            if let Err(error) = result {
                failed.push(item);
                first_error.get_or_insert(error);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[tokio::test]
    async fn items_that_fail_do_not_hold_up_the_others() {
        let remaining = RefCell::new((0..10).collect::<Vec<u32>>());
        let page = async |failed: Vec<u32>| {
            let remaining = remaining.borrow();
            let page = remaining.iter().filter(|item| !failed.contains(item));
            Ok(page.take(2).copied().collect())
        };
        let handle = async |item: u32| {
            if item < 3 {
                return Err(item);
            }
            remaining.borrow_mut().retain(|other| *other != item);
            Ok(())
        };

        assert_eq!(handle_all(page, handle).await, Err(0));

        assert_eq!(*remaining.borrow(), [0, 1, 2]);
    }
}
