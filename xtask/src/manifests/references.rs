//! Every name that an object refers to exists, and every object that exists to be referred to is.

use super::{
    findings::Findings,
    object::{Object, list, selects, text},
    pods,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Objects by kind and name: the rendered ones, and those that others create from them.
struct Names {
    existing: BTreeSet<(String, String)>,
    used: BTreeSet<(String, String)>,
    found: Findings,
}

/// Kinds that have an effect only through objects that refer to them. `deployment` is read by the overlays.
const PASSIVE: [&str; 5] = [
    "ConfigMap",
    "Secret",
    "ServiceAccount",
    "SecretProviderClass",
    "PersistentVolumeClaim",
];
const READ_ELSEWHERE: [&str; 2] = ["deployment", "grafana-dashboards"];

pub(super) fn check(objects: &[Object]) -> Findings {
    let mut names = Names::of(objects);
    for object in objects {
        match object.kind.as_str() {
            "Service" => service(objects, object, &mut names.found),
            "HorizontalPodAutoscaler" => {
                names.require(object, "Deployment", &object.spec()["scaleTargetRef"]["name"])
            }
            "PodDisruptionBudget" => {
                selects_pods(objects, object, &object.spec()["selector"], &mut names.found)
            }
            "PodMonitoring" => monitoring(objects, object, &mut names.found),
            "NetworkPolicy" => selects_pods(objects, object, &object.spec()["podSelector"], &mut names.found),
            "Ingress" => ingress(objects, object, &mut names),
            "HTTPRoute" => http_route(objects, object, &mut names),
            "GCPBackendPolicy" | "HealthCheckPolicy" | "GCPGatewayPolicy" => {
                let target = &object.spec()["targetRef"];
                names.require(object, text(&target["kind"]), &target["name"]);
            }
            "Certificate" => names.require(
                object,
                text(&object.spec()["issuerRef"]["kind"]),
                &object.spec()["issuerRef"]["name"],
            ),
            "StatefulSet" => names.require(object, "Service", &object.spec()["serviceName"]),
            _ => {}
        }
        if object.template().is_some() {
            template(object, &mut names);
        }
    }
    names.check_unused(objects);
    names.found
}

impl Names {
    fn of(objects: &[Object]) -> Self {
        let mut existing: BTreeSet<_> = objects
            .iter()
            .map(|object| (object.kind.clone(), object.name.clone()))
            .collect();
        let mut found = Findings::new();
        if existing.len() != objects.len() {
            found.push("two objects have the same kind and name".to_owned());
        }
        for object in objects.iter().filter(|object| object.kind == "Certificate") {
            existing.insert(("Secret".to_owned(), text(&object.spec()["secretName"]).to_owned()));
        }
        Self {
            existing,
            used: BTreeSet::new(),
            found,
        }
    }

    fn require(&mut self, by: &Object, kind: &str, name: &Value) {
        let key = (kind.to_owned(), text(name).to_owned());
        if !self.existing.contains(&key) {
            self.found.push(format!(
                "{} refers to the {kind} {}, which does not exist",
                by.title(),
                key.1
            ));
        }
        self.used.insert(key);
    }

    fn check_unused(&mut self, objects: &[Object]) {
        for object in objects {
            let key = (object.kind.clone(), object.name.clone());
            let read_elsewhere = READ_ELSEWHERE.contains(&object.name.as_str());
            if PASSIVE.contains(&object.kind.as_str()) && !read_elsewhere && !self.used.contains(&key) {
                self.found.push(format!("{} is not used", object.title()));
            }
        }
    }
}

/// The objects whose pods a selector selects.
fn selected<'a>(objects: &'a [Object], selector: &Value) -> Vec<&'a Object> {
    let with_pods = objects.iter().filter(|object| object.template().is_some());
    with_pods
        .filter(|object| selects(selector, &object.pod_labels()))
        .collect()
}

fn selects_pods(objects: &[Object], object: &Object, selector: &Value, found: &mut Findings) {
    // cert-manager creates the pods that it needs for a moment.
    let transient = object.name == "acme-solver";
    if selected(objects, selector).is_empty() && !transient {
        found.push(format!("{} selects no pods", object.title()));
    }
}

/// The workload of a Service: there is exactly one.
pub(super) fn workload<'a>(objects: &'a [Object], service: &Object) -> Option<&'a Object> {
    let selector = serde_json::json!({ "matchLabels": service.spec()["selector"] });
    match selected(objects, &selector)[..] {
        [one] => Some(one),
        _ => None,
    }
}

fn service(objects: &[Object], service: &Object, found: &mut Findings) {
    let Some(workload) = workload(objects, service) else {
        found.push(format!(
            "{} does not select the pods of exactly one workload",
            service.title()
        ));
        return;
    };
    for port in list(&service.spec()["ports"]) {
        if pods::port(workload, &port["targetPort"]).is_none() {
            found.push(format!(
                "{}: {} has no port {}",
                service.title(),
                workload.title(),
                port["targetPort"]
            ));
        }
    }
}

fn monitoring(objects: &[Object], monitoring: &Object, found: &mut Findings) {
    let workloads = selected(objects, &monitoring.spec()["selector"]);
    if workloads.is_empty() {
        found.push(format!("{} selects no pods", monitoring.title()));
    }
    for workload in workloads {
        for endpoint in list(&monitoring.spec()["endpoints"]) {
            if pods::port(workload, &endpoint["port"]).is_none() {
                found.push(format!(
                    "{}: {} has no port {}",
                    monitoring.title(),
                    workload.title(),
                    endpoint["port"]
                ));
            }
        }
    }
}

fn ingress(objects: &[Object], ingress: &Object, names: &mut Names) {
    for rule in list(&ingress.spec()["rules"]) {
        for path in list(&rule["http"]["paths"]) {
            let backend = &path["backend"]["service"];
            names.require(ingress, "Service", &backend["name"]);
            backend_port(
                objects,
                ingress,
                &backend["name"],
                |port| port["name"] == backend["port"]["name"],
                names,
            );
        }
    }
}

fn http_route(objects: &[Object], route: &Object, names: &mut Names) {
    for parent in list(&route.spec()["parentRefs"]) {
        names.require(route, "Gateway", &parent["name"]);
        let gateway = objects.iter().find(|object| object.kind == "Gateway");
        let listeners = gateway.map_or(&[][..], |gateway| list(&gateway.spec()["listeners"]));
        if !listeners
            .iter()
            .any(|listener| listener["name"] == parent["sectionName"])
        {
            names.found.push(format!(
                "{}: the Gateway has no listener {}",
                route.title(),
                parent["sectionName"]
            ));
        }
    }
    for rule in list(&route.spec()["rules"]) {
        for backend in list(&rule["backendRefs"]) {
            names.require(route, "Service", &backend["name"]);
            backend_port(
                objects,
                route,
                &backend["name"],
                |port| port["port"] == backend["port"],
                names,
            );
        }
    }
}

fn backend_port(
    objects: &[Object],
    by: &Object,
    service: &Value,
    is_wanted: impl Fn(&Value) -> bool,
    names: &mut Names,
) {
    let service = objects
        .iter()
        .find(|object| object.kind == "Service" && object.name == text(service));
    let Some(service) = service else { return };
    if !list(&service.spec()["ports"]).iter().any(is_wanted) {
        names.found.push(format!(
            "{}: {} does not have its port",
            by.title(),
            service.title()
        ));
    }
}

fn template(object: &Object, names: &mut Names) {
    let pod = pods::pod(object);
    names.require(object, "ServiceAccount", &pod["serviceAccountName"]);
    if object.serves() && !selects(&object.spec()["selector"], &object.pod_labels()) {
        names
            .found
            .push(format!("{} does not select its own pods", object.title()));
    }
    let mut volumes = BTreeSet::new();
    for volume in list(&pod["volumes"]) {
        volumes.insert(text(&volume["name"]));
        volume_source(object, volume, names);
    }
    for claim in list(&object.spec()["volumeClaimTemplates"]) {
        volumes.insert(text(&claim["metadata"]["name"]));
    }
    let mut mounted = BTreeSet::new();
    for container in pods::containers(object) {
        for mount in list(&container["volumeMounts"]) {
            mounted.insert(text(&mount["name"]));
        }
        for source in list(&container["envFrom"]) {
            names.require(object, "ConfigMap", &source["configMapRef"]["name"]);
        }
        named_ports(object, container, names);
        label_fields(object, container, names);
    }
    for name in volumes.symmetric_difference(&mounted) {
        names.found.push(format!(
            "{}: the volume {name} is not both defined and mounted",
            object.title()
        ));
    }
}

fn volume_source(object: &Object, volume: &Value, names: &mut Names) {
    let class = &volume["csi"]["volumeAttributes"]["secretProviderClass"];
    for (kind, name) in [
        ("Secret", &volume["secret"]["secretName"]),
        ("ConfigMap", &volume["configMap"]["name"]),
        (
            "PersistentVolumeClaim",
            &volume["persistentVolumeClaim"]["claimName"],
        ),
        ("SecretProviderClass", class),
    ] {
        if !name.is_null() {
            names.require(object, kind, name);
        }
    }
}

fn named_ports(object: &Object, container: &Value, names: &mut Names) {
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        for action in ["httpGet", "tcpSocket"] {
            let port = &container[probe][action]["port"];
            if !port.is_null() && pods::port(object, port).is_none() {
                names.found.push(format!(
                    "{}: the {probe} uses the port {port}, which does not exist",
                    object.title()
                ));
            }
        }
    }
}

/// A variable with the value of a label that the pods do not have would be empty.
fn label_fields(object: &Object, container: &Value, names: &mut Names) {
    let pod = object.pod_labels();
    for variable in list(&container["env"]) {
        let path = text(&variable["valueFrom"]["fieldRef"]["fieldPath"]);
        let label = path
            .strip_prefix("metadata.labels['")
            .and_then(|rest| rest.strip_suffix("']"));
        if label.is_some_and(|label| !pod.contains_key(label)) {
            names.found.push(format!(
                "{}: its pods do not have the label of {path}",
                object.title()
            ));
        }
    }
}
