//! Events that are redelivered, reordered and duplicated at random result in the same read model as in order.

use common::event::Received;
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};

use super::{
    history::{change, events},
    model::{Models, apply, write_only},
};

/// A random delivery of the log.
#[derive(Debug, Clone)]
struct Disorder {
    /// The positions at which each event is delivered, at least one.
    deliveries: Vec<Vec<u16>>,
    /// The ends of batches.
    cuts: Vec<bool>,
    /// Batches that are partly applied before a crash, and then again.
    crashes: Vec<bool>,
}

const MAX_EVENTS: usize = 60;

fn disorder() -> impl Strategy<Value = Disorder> {
    let deliveries = prop::collection::vec(prop::collection::vec(any::<u16>(), 1..4), MAX_EVENTS);
    let cuts = prop::collection::vec(prop::bool::weighted(0.1), MAX_EVENTS * 3);
    let crashes = prop::collection::vec(prop::bool::weighted(0.3), MAX_EVENTS * 3);
    (deliveries, cuts, crashes).prop_map(|(deliveries, cuts, crashes)| Disorder {
        deliveries,
        cuts,
        crashes,
    })
}

fn deliver(events: &[Received], disorder: &Disorder) -> Vec<Vec<Received>> {
    let mut order: Vec<(u16, usize)> = Vec::new();
    for (index, places) in disorder.deliveries.iter().take(events.len()).enumerate() {
        order.extend(places.iter().map(|place| (*place, index)));
    }
    order.sort_unstable();
    let mut batches = vec![Vec::new()];
    for (position, (_, index)) in order.into_iter().enumerate() {
        if let Some(last) = batches.last_mut() {
            last.push(events[index].clone());
        }
        if disorder.cuts[position % disorder.cuts.len()] {
            batches.push(Vec::new());
        }
    }
    batches
}

async fn same_model(
    models: &Models,
    number: u32,
    events: &[Received],
    disorder: &Disorder,
) -> Result<(), TestCaseError> {
    let (in_order, disordered) = (number, number + 1);
    models.apply(in_order, events.chunks(7)).await;

    let mut writer = models.acquire(disordered).await;
    for (index, events) in deliver(events, disorder).iter().enumerate() {
        if disorder.crashes[index % disorder.crashes.len()] {
            write_only(&writer, &events[..events.len() / 2]).await.unwrap();
            write_only(&writer, events).await.unwrap();
            writer = models.acquire(disordered).await;
        }
        apply(&mut writer, events).await.unwrap();
    }
    let (expected, got) = (models.dump(in_order).await, models.dump(disordered).await);
    models.remove(in_order).await;
    models.remove(disordered).await;
    prop_assert_eq!(got, expected);
    Ok(())
}

#[test]
fn order_repetition_and_batches_do_not_change_the_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let models = runtime.block_on(Models::new());
    // Few cases by default; `PROPTEST_CASES=500` for a thorough test.
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() {
        Config::default().cases
    } else {
        20
    };
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 30,
        ..Config::default()
    };
    let number = &std::cell::Cell::new(1);
    let histories = (prop::collection::vec(change(), 1..MAX_EVENTS), disorder());
    let outcome = TestRunner::new(config).run(&histories, |(changes, disorder)| {
        number.set(number.get() + 2);
        runtime.block_on(same_model(&models, number.get(), &events(&changes), &disorder))
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    runtime.block_on(models.finish());
}
