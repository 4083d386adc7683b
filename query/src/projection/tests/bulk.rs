//! A bulk load results in the same model as one batch after another.

use common::event::Received;
use proptest::{
    collection::vec,
    test_runner::{Config, TestCaseError, TestRunner},
};

use super::{
    history::{change, events},
    model::{Models, batch},
};

async fn same_model(models: &Models, number: u32, events: &[Received]) -> Result<(), TestCaseError> {
    let (in_order, loaded) = (number, number + 1);
    models.apply(in_order, events.chunks(7)).await;

    // A first attempt reads the second half alone and ends before the generation is complete.
    let mut first = models.loader(loaded).await;
    first.add(batch(&events[events.len() / 2..])).await.unwrap();
    first.finish().await.unwrap();
    let mut second = models.loader(loaded).await;
    for events in events.chunks(20) {
        second.add(batch(events)).await.unwrap();
        second.store().await.unwrap();
    }
    second.finish().await.unwrap();

    let (expected, got) = (models.dump(in_order).await, models.dump(loaded).await);
    models.remove(in_order).await;
    models.remove(loaded).await;
    proptest::prop_assert_eq!(got, expected);
    Ok(())
}

#[test]
fn a_bulk_load_builds_the_same_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let models = runtime.block_on(Models::new());
    let config = Config {
        cases: 5,
        failure_persistence: None,
        max_shrink_iters: 30,
        ..Config::default()
    };
    let number = &std::cell::Cell::new(1);
    let outcome = TestRunner::new(config).run(&vec(change(), 1..80), |changes| {
        number.set(number.get() + 2);
        runtime.block_on(same_model(&models, number.get(), &events(&changes)))
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    runtime.block_on(models.finish());
}
