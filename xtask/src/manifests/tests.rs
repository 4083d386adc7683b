//! Each check finds the mistake that it is for, in a small overlay that has none.

use super::{
    findings::Findings,
    network_peers::{Direction, allowed},
    object::Object,
    references, security,
    settings::Settings,
};
use crate::paths::Paths;

const GOOD: &str = r#"
apiVersion: v1
kind: Namespace
metadata: { name: inkstream, labels: { pod-security.kubernetes.io/enforce: restricted } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  strategy: { rollingUpdate: { maxUnavailable: 0 } }
  template:
    metadata: { labels: { app: web, app.kubernetes.io/component: service } }
    spec:
      serviceAccountName: web
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 30
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: RuntimeDefault } }
      topologySpreadConstraints: [{ topologyKey: kubernetes.io/hostname }]
      containers:
        - name: service
          image: inkstream-web:1
          ports: [{ name: http, containerPort: 3000 }]
          env:
            - { name: DRAIN_DELAY, value: "5" }
            - { name: NATS_NKEY_SEED_FILE, value: /etc/secrets/nats-seed }
          readinessProbe: { httpGet: { port: http } }
          livenessProbe: { httpGet: { port: http } }
          resources:
            requests: { cpu: 1, memory: 1Gi, ephemeral-storage: 1Mi }
            limits: { cpu: 1, memory: 1Gi, ephemeral-storage: 1Mi }
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: [ALL] }
          volumeMounts: [{ name: secrets, mountPath: /etc/secrets }]
      volumes: [{ name: secrets, secret: { secretName: web } }]
---
apiVersion: v1
kind: Secret
metadata: { name: web }
data: { nats-seed: eA== }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: web }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web }
spec: { selector: { matchLabels: { app: web } } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec: { scaleTargetRef: { name: web }, minReplicas: 2 }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: blog }
spec:
  rules: [{ http: { paths: [{ path: /, backend: { service: { name: web, port: { name: http } } } }] } }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [Ingress, Egress]
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: http }] }]
  egress: [{ to: [{ ipBlock: { cidr: 10.0.0.0/8 } }], ports: [{ port: 443 }] }]
"#;

fn check(yaml: &str) -> Findings {
    let objects = Object::parse(yaml).unwrap();
    let mut found = references::check(&objects);
    found.extend(security::check(&objects, true));
    found
}

#[test]
fn each_mistake_is_found() {
    assert_eq!(check(GOOD), Findings::new());
    for (from, to, finding) in [
        // References
        (
            "secretName: web }",
            "secretName: wbe }",
            "refers to the Secret wbe",
        ),
        (
            "serviceAccountName: web",
            "serviceAccountName: default",
            "refers to the ServiceAccount default",
        ),
        (
            "spec: { selector: { app: web }, ports",
            "spec: { selector: { app: wbe }, ports",
            "Service web does not select",
        ),
        ("targetPort: http", "targetPort: htpp", "has no port \"htpp\""),
        (
            "service: { name: web, port: { name: http }",
            "service: { name: web, port: { name: x }",
            "does not have its port",
        ),
        (
            "service: { name: web, port",
            "service: { name: wbe, port",
            "refers to the Service wbe",
        ),
        (
            "scaleTargetRef: { name: web }",
            "scaleTargetRef: { name: wbe }",
            "refers to the Deployment wbe",
        ),
        (
            "readinessProbe: { httpGet: { port: http } }",
            "readinessProbe: { httpGet: { port: ops } }",
            "readinessProbe uses the port",
        ),
        (
            "volumeMounts: [{ name: secrets,",
            "volumeMounts: [{ name: secret,",
            "not both defined and mounted",
        ),
        (
            "kind: ServiceAccount\nmetadata: { name: web }",
            "kind: ServiceAccount\nmetadata: { name: web }\n---\nkind: ConfigMap\nmetadata: { name: left }",
            "ConfigMap left is not used",
        ),
        // Security
        ("enforce: restricted", "enforce: baseline", "does not enforce"),
        (
            "automountServiceAccountToken: false",
            "hostNetwork: true",
            "hostNetwork is set",
        ),
        (
            "automountServiceAccountToken: false",
            "hostPID: false",
            "gets a token",
        ),
        ("runAsUser: 1000", "runAsUser: 0", "may run as root"),
        ("runAsNonRoot: true, ", "", "may run as root"),
        (
            "seccompProfile: { type: RuntimeDefault }",
            "fsGroup: 1",
            "no seccomp profile",
        ),
        (
            "allowPrivilegeEscalation: false",
            "allowPrivilegeEscalation: true",
            "may gain privileges",
        ),
        (
            "allowPrivilegeEscalation: false",
            "allowPrivilegeEscalation: false\n            privileged: true",
            "is privileged",
        ),
        ("drop: [ALL]", "drop: [ALL], add: [NET_RAW]", "has capabilities"),
        (
            "readOnlyRootFilesystem: true",
            "runAsUser: 0",
            "has a runAsUser of its own",
        ),
        (
            "{ name: secrets, secret: { secretName: web } }",
            "{ name: secrets, hostPath: { path: / } }",
            "kind that is not allowed",
        ),
        (
            "limits: { cpu: 1, memory: 1Gi, ",
            "limits: { cpu: 1, ",
            "no limits of memory",
        ),
        (
            "image: inkstream-web:1",
            "image: inkstream-web",
            "without a fixed tag",
        ),
        // Operation
        (
            "livenessProbe: { httpGet: { port: http } }",
            "tty: false",
            "has no livenessProbe",
        ),
        ("minReplicas: 2", "minReplicas: 1", "less than two replicas"),
        (
            "  selector: { matchLabels: { app: web } }\n  strategy",
            "  replicas: 2\n  selector: { matchLabels: { app: web } }\n  strategy",
            "has replicas of its own",
        ),
        (
            "kind: PodDisruptionBudget",
            "kind: Other",
            "has no PodDisruptionBudget",
        ),
        (
            "terminationGracePeriodSeconds: 30",
            "terminationGracePeriodSeconds: 19",
            "needs up to 20 s",
        ),
        (
            "maxUnavailable: 0",
            "maxUnavailable: 1",
            "less replicas during an update",
        ),
        (
            "topologyKey: kubernetes.io/hostname",
            "topologyKey: x",
            "not spread over nodes",
        ),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let found = check(&GOOD.replacen(from, to, 1));
        assert!(
            found.iter().any(|line| line.contains(finding)),
            "{to}: expected {finding:?} in {found:#?}"
        );
    }
}

#[test]
fn policies_become_edges_with_the_number_of_the_port() {
    let objects = Object::parse(GOOD).unwrap();
    let edge = |from: &str, to: &str, port: &str| [(from.to_owned(), to.to_owned(), port.to_owned())].into();
    let ingress = allowed(&objects, Direction::Ingress);
    assert_eq!(
        (ingress.inside, ingress.outside.len()),
        (edge("web", "web", "3000"), 0)
    );
    let egress = allowed(&objects, Direction::Egress);
    assert_eq!(
        (egress.inside.len(), egress.outside),
        (0, edge("web", "10.0.0.0/8", "443"))
    );
}

#[test]
fn settings_are_those_of_the_service_and_their_files_are_mounted() {
    let settings = Settings::read(&Paths::find().unwrap()).unwrap();
    let check = |from: &str, to: &str| {
        settings
            .check(&Object::parse(&GOOD.replacen(from, to, 1)).unwrap())
            .join("\n")
    };
    let unset = check("", "");
    assert!(
        unset.contains("Deployment web does not set NATS_URL;") && !unset.contains("MONGODB"),
        "{unset}"
    );
    assert!(
        !unset.contains("DRAIN_DELAY") && !unset.contains("not mounted"),
        "{unset}"
    );
    let unknown = check("name: DRAIN_DELAY", "name: DRAIN_DELYA");
    assert!(
        unknown.contains("sets DRAIN_DELYA") && unknown.contains("does not set DRAIN_DELAY"),
        "{unknown}"
    );
    // A service without a database has no such setting.
    assert!(check("name: DRAIN_DELAY", "name: MONGODB_URI").contains("sets MONGODB_URI"));
    assert!(
        check("/etc/secrets/nats-seed", "/etc/secrets/seed")
            .contains("/etc/secrets/seed, which is not mounted")
    );
}
