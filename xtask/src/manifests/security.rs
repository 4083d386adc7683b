//! The pods: Pod Security "restricted" and stricter, resources, probes, and replicas that survive a node.

use super::{
    findings::Findings,
    object::{Object, list, selects, text},
    pods::{containers, environment, pod},
};
use serde_json::{Value, json};

/// Kinds of volume that "restricted" allows, with their name as the key of the volume.
const VOLUMES: [&str; 6] = [
    "configMap",
    "csi",
    "emptyDir",
    "persistentVolumeClaim",
    "projected",
    "secret",
];
const RESOURCES: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// The time for background tasks after the last response (`runtime::service::start`).
const TASKS: u64 = 5;

pub(super) fn check(objects: &[Object], replicated: bool) -> Findings {
    let mut found = namespace(objects);
    for object in objects.iter().filter(|object| object.template().is_some()) {
        let mut report = |what: &str| found.push(format!("{}: {what}", object.title()));
        pod_security(pod(object), &mut report);
        for container in containers(object) {
            container_security(container, &mut report);
        }
        if object.serves() {
            serving(objects, object, replicated, &mut report);
        }
        if object
            .pod_labels()
            .get("app.kubernetes.io/component")
            .is_some_and(|component| component == "service")
        {
            shutdown(objects, object, &mut report);
        }
    }
    found
}

fn namespace(objects: &[Object]) -> Findings {
    let restricted = |object: &&Object| {
        object.kind == "Namespace"
            && object.value["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    };
    match objects.iter().any(|object| restricted(&object)) {
        true => Findings::new(),
        false => vec!["the namespace does not enforce Pod Security \"restricted\"".to_owned()],
    }
}

fn pod_security(pod: &Value, report: &mut impl FnMut(&str)) {
    for shared in ["hostNetwork", "hostPID", "hostIPC"] {
        if pod[shared] == true {
            report(&format!("{shared} is set"));
        }
    }
    for volume in list(&pod["volumes"]) {
        if !VOLUMES.iter().any(|kind| volume.get(*kind).is_some()) {
            report(&format!(
                "the volume {} has a kind that is not allowed",
                volume["name"]
            ));
        }
    }
    let context = &pod["securityContext"];
    if context["runAsNonRoot"] != true || context["runAsUser"].as_u64().is_none_or(|user| user == 0) {
        report("may run as root");
    }
    if context["seccompProfile"]["type"] != "RuntimeDefault" {
        report("has no seccomp profile");
    }
    if pod["automountServiceAccountToken"] != false {
        report("gets a token of the API server");
    }
    if pod["enableServiceLinks"] != false {
        report("gets variables of services, which could be taken for settings");
    }
}

fn container_security(container: &Value, report: &mut impl FnMut(&str)) {
    let name = text(&container["name"]);
    let context = &container["securityContext"];
    let mut require = |holds: bool, what: &str| {
        if !holds {
            report(&format!("the container {name} {what}"));
        }
    };
    require(
        context["allowPrivilegeEscalation"] == false,
        "may gain privileges",
    );
    require(context["privileged"] != true, "is privileged");
    require(
        context["capabilities"] == json!({ "drop": ["ALL"] }),
        "has capabilities",
    );
    require(context["readOnlyRootFilesystem"] == true, "may write its image");
    for user in ["runAsUser", "runAsNonRoot", "seccompProfile"] {
        require(context[user].is_null(), &format!("has a {user} of its own"));
    }
    for kind in ["requests", "limits"] {
        for resource in RESOURCES {
            require(
                !container["resources"][kind][resource].is_null(),
                &format!("has no {kind} of {resource}"),
            );
        }
    }
    let tag = text(&container["image"])
        .rsplit('/')
        .next()
        .and_then(|image| image.split_once(':'));
    require(
        tag.is_some_and(|(_, tag)| tag != "latest"),
        "has an image without a fixed tag",
    );
    for port in list(&container["ports"]) {
        require(port["hostPort"].is_null(), "uses a port of the node");
    }
}

fn serving(objects: &[Object], object: &Object, replicated: bool, report: &mut impl FnMut(&str)) {
    let main = &pod(object)["containers"][0];
    for probe in ["readinessProbe", "livenessProbe"] {
        if main[probe].is_null() {
            report(&format!("has no {probe}"));
        }
    }
    let budget = objects.iter().any(|budget| {
        budget.kind == "PodDisruptionBudget" && selects(&budget.spec()["selector"], &object.pod_labels())
    });
    if !budget {
        report("has no PodDisruptionBudget");
    }
    if !replicated {
        return;
    }
    let spread = list(&pod(object)["topologySpreadConstraints"]);
    if !spread
        .iter()
        .any(|constraint| constraint["topologyKey"] == "kubernetes.io/hostname")
    {
        report("is not spread over nodes");
    }
    let scaler = objects.iter().find(|scaler| {
        scaler.kind == "HorizontalPodAutoscaler" && scaler.spec()["scaleTargetRef"]["name"] == object.name
    });
    let (replicas, own) = (
        scaler.map(|scaler| &scaler.spec()["minReplicas"]),
        &object.spec()["replicas"],
    );
    if scaler.is_some() && !own.is_null() {
        report("has replicas of its own, which each apply would restore against its HorizontalPodAutoscaler");
    }
    if replicas
        .unwrap_or(own)
        .as_u64()
        .is_none_or(|replicas| replicas < 2)
    {
        report("has less than two replicas");
    }
}

/// A service that stops is first taken out of the load balancing, and then has the time to finish.
fn shutdown(objects: &[Object], object: &Object, report: &mut impl FnMut(&str)) {
    let main = &pod(object)["containers"][0];
    let settings = environment(objects, main);
    let setting = |name: &str| settings.get(name).and_then(|value| value.parse::<u64>().ok());
    let Some(drain) = setting("DRAIN_DELAY").filter(|delay| *delay > 0) else {
        report("has no DRAIN_DELAY");
        return;
    };
    let sleep = main["lifecycle"]["preStop"]["sleep"]["seconds"]
        .as_u64()
        .unwrap_or(0);
    let needed = sleep + drain + setting("REQUEST_TIMEOUT").unwrap_or(10) + TASKS;
    let grace = pod(object)["terminationGracePeriodSeconds"]
        .as_u64()
        .unwrap_or(30);
    if grace < needed {
        report(&format!(
            "is killed after {grace} s, and needs up to {needed} s to stop"
        ));
    }
    if object.spec()["strategy"]["rollingUpdate"]["maxUnavailable"] != 0 {
        report("has less replicas during an update");
    }
}
