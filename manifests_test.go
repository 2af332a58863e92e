//go:build heavy

package main

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// manifest is what the tests read of a Kubernetes object. That it has the shape
// that Kubernetes declares, tools/deploy checks.
type manifest struct {
	Kind     string
	Metadata struct{ Name string }
	Data     map[string]string
	Spec     struct {
		Replicas int
		Template struct{ Spec pod }
		Claims   []struct{ Metadata struct{ Name string } } `yaml:"volumeClaimTemplates"`
		Ports    []struct {
			TargetPort string `yaml:"targetPort"`
		}
	}
}

type pod struct {
	Automount *bool `yaml:"automountServiceAccountToken"`
	Security  struct {
		RunAsNonRoot bool `yaml:"runAsNonRoot"`
	} `yaml:"securityContext"`
	Containers []container
	Volumes    []struct {
		Name      string
		ConfigMap struct{ Name string } `yaml:"configMap"`
	}
}

type container struct {
	Name, Image string
	Args        []string
	Env         []struct{ Name string }
	Ports       []struct{ Name string }
	Mounts      []mount `yaml:"volumeMounts"`
	Ready       probe   `yaml:"readinessProbe"`
	Live        probe   `yaml:"livenessProbe"`
	Security    struct {
		ReadOnly bool                    `yaml:"readOnlyRootFilesystem"`
		Escalate *bool                   `yaml:"allowPrivilegeEscalation"`
		Caps     struct{ Drop []string } `yaml:"capabilities"`
	} `yaml:"securityContext"`
}

type mount struct {
	Name string
	Path string `yaml:"mountPath"`
}

type probe struct {
	HTTP *struct{ Path, Port, Scheme string } `yaml:"httpGet"`
	TCP  *struct{ Port string }               `yaml:"tcpSocket"`
}

// rendered renders manifests with tools/deploy, which lints them and checks
// their shape.
func rendered(t *testing.T, args ...string) []manifest {
	t.Helper()
	cmd := exec.Command(tool(t, "deploy"), args...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, errs.String())
	}
	var list []manifest
	for d := yaml.NewDecoder(strings.NewReader(string(out))); ; {
		var m manifest
		if err := d.Decode(&m); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if m.Kind != "" {
			list = append(list, m)
		}
	}
}

// TestManifests renders the chart with each kind of storage and the kustomize
// folders: they hold what they should, run without rights, and name only
// volumes, ports and flags that exist.
func TestManifests(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	full := writeFile(t, dir, "full.yaml", `storage: {type: postgres, postgres: {replicas: 3}}
templates: {alertmanager.tmpl: '{{ define "text.content" }}{{ .Title }}{{ end }}'}
extraArgs: ["--storage.max-backlog=1000"]
serviceMonitor: {enabled: true, labels: {release: prometheus}}
networkPolicy:
  enabled: true
  hooksFrom: [{namespaceSelector: {matchLabels: {name: monitoring}}}]
  egress: [{ports: [{port: 6432}]}]
imagePullSecrets: [{name: registry}]
nodeSelector: {disk: ssd}
tolerations: [{key: a, operator: Exists}]
podAnnotations: {a: b}
`)
	bare := writeFile(t, dir, "bare.yaml", "secrets: []\nenvFrom: []\nnetworkPolicy: {enabled: true}\nstorage: {sqlite: {storageClassName: fast}}\n")
	guarded := writeFile(t, dir, "guarded.yaml", `web: {configSecret: workbell-web}
admin: {configSecret: workbell-admin}
serviceMonitor: {enabled: true, access: {tlsConfig: {serverName: workbell, ca: {secret: {name: ca, key: ca.crt}}}}}
networkPolicy: {enabled: true, adminFrom: [{namespaceSelector: {matchLabels: {name: operators}}}]}
`)
	demanding := writeFile(t, dir, "demanding.yaml", "web: {configSecret: workbell-web, demands: true}\n")
	for name, c := range map[string]struct {
		args     []string
		kinds    []string
		replicas int
	}{
		"sqlite":    {[]string{"helm", "deploy/helm/workbell"}, []string{"ConfigMap", "Service", "StatefulSet"}, 1},
		"bare":      {[]string{"helm", "deploy/helm/workbell", bare}, []string{"ConfigMap", "NetworkPolicy", "Service", "StatefulSet"}, 1},
		"postgres":  {[]string{"helm", "deploy/helm/workbell", full}, []string{"ConfigMap", "ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service", "ServiceMonitor"}, 3},
		"guarded":   {[]string{"helm", "deploy/helm/workbell", guarded}, []string{"ConfigMap", "NetworkPolicy", "Service", "ServiceMonitor", "StatefulSet"}, 1},
		"demanding": {[]string{"helm", "deploy/helm/workbell", demanding}, []string{"ConfigMap", "Service", "StatefulSet"}, 1},
		"base":      {[]string{"kustomize", "deploy/kustomize/base"}, []string{"ConfigMap", "Service", "StatefulSet"}, 1},
		"sidecar":   {[]string{"kustomize", "deploy/kustomize/sidecar"}, []string{"ConfigMap", "ConfigMap", "Service", "StatefulSet"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := rendered(t, c.args...)
			var kinds []string
			for _, m := range list {
				kinds = append(kinds, m.Kind)
				if m.Kind == "StatefulSet" || m.Kind == "Deployment" {
					if m.Spec.Replicas != c.replicas {
						t.Errorf("%d replicas", m.Spec.Replicas)
					}
					checkPod(t, m, list)
					checkProbes(t, name, m)
				}
			}
			slices.Sort(kinds)
			if d := cmp.Diff(c.kinds, kinds); d != "" {
				t.Errorf("kinds (-want +got):\n%s", d)
			}
		})
	}
}

// checkPod checks the pod of workload against itself and the other manifests.
func checkPod(t *testing.T, workload manifest, all []manifest) {
	t.Helper()
	p, volumes, ports := workload.Spec.Template.Spec, map[string]bool{}, map[string]bool{}
	for _, c := range workload.Spec.Claims {
		volumes[c.Metadata.Name] = true
	}
	for _, v := range p.Volumes {
		volumes[v.Name] = true
		if v.ConfigMap.Name != "" && !slices.ContainsFunc(all, func(m manifest) bool { return m.Kind == "ConfigMap" && m.Metadata.Name == v.ConfigMap.Name }) {
			t.Errorf("volume %s is of a ConfigMap %s that is not there", v.Name, v.ConfigMap.Name)
		}
	}
	if !p.Security.RunAsNonRoot || p.Automount == nil || *p.Automount {
		t.Errorf("the pod may run as root or has a token of the cluster: %+v", p)
	}
	for _, c := range p.Containers {
		for _, m := range c.Mounts {
			if !volumes[m.Name] {
				t.Errorf("container %s mounts %s, which the pod lacks", c.Name, m.Name)
			}
		}
		for _, port := range c.Ports {
			ports[port.Name] = true
		}
		for _, arg := range c.Args {
			_, file, ok := strings.Cut(arg, "file=/")
			if ok && !slices.ContainsFunc(c.Mounts, func(m mount) bool { return strings.HasPrefix("/"+file, m.Path+"/") }) {
				t.Errorf("container %s is to read %s, which no volume holds", c.Name, arg)
			}
		}
		if s := c.Security; !s.ReadOnly || s.Escalate == nil || *s.Escalate || !slices.Equal(s.Caps.Drop, []string{"ALL"}) {
			t.Errorf("container %s may write or gain rights: %+v", c.Name, s)
		}
		if c.Name == "workbell" {
			checkFlags(t, workload.Metadata.Name, fmt.Sprint(c.Args, c.Env))
		}
	}
	for _, m := range all {
		for _, port := range m.Spec.Ports {
			if m.Kind == "Service" && !ports[port.TargetPort] {
				t.Errorf("the service's port goes to %q, which no container has", port.TargetPort)
			}
		}
	}
}

// checkProbes holds the probes of workbell's own container against what its web
// configuration lets through.
func checkProbes(t *testing.T, name string, workload manifest) {
	t.Helper()
	for _, c := range workload.Spec.Template.Spec.Containers {
		if c.Name != "workbell" {
			continue
		}
		for _, p := range []probe{c.Ready, c.Live} {
			switch {
			case name == "demanding" && (p.HTTP != nil || p.TCP == nil):
				t.Errorf("a probe asks where a password is demanded: %+v", p)
			case name == "guarded" && (p.HTTP == nil || p.HTTP.Scheme != "HTTPS"):
				t.Errorf("a probe does not speak TLS: %+v", p)
			case name == "sqlite" && (p.HTTP == nil || p.HTTP.Scheme == "HTTPS"):
				t.Errorf("a probe speaks TLS to plain HTTP: %+v", p)
			}
		}
	}
}

// TestImages reads the Dockerfiles as BuildKit does, and has what would be unsafe in
// one refused.
func TestImages(t *testing.T) {
	t.Parallel()
	text := readFile(t, "deploy/Dockerfile")
	for name, c := range map[string]struct{ text, says string }{
		"as it is":       {text, ""},
		"of a release":   {readFile(t, "deploy/Dockerfile.release"), ""},
		"as root":        {strings.Replace(text, "WORKDIR /etc", "USER root\nWORKDIR /etc", 1), "runs as root"},
		"another base":   {strings.Replace(text, ":nonroot\n", ":latest\n", 1), "runs as root"},
		"by a shell":     {strings.Replace(text, `ENTRYPOINT ["/usr/bin/workbell"]`, "ENTRYPOINT /usr/bin/workbell", 1), "ENTRYPOINT"},
		"of nothing":     {strings.Replace(text, "--from=build", "--from=bild", 1), "no stage"},
		"without go.sum": {strings.Replace(text, "go.sum", "go.some", 1), "not there"},
		"a typing error": {strings.Replace(text, "VOLUME", "VOLUM", 1), "VOLUM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := writeFile(t, t.TempDir(), "Dockerfile", c.text)
			out, err := exec.Command(tool(t, "deploy"), "image", file, ".").CombinedOutput()
			if (err == nil) != (c.says == "") || !strings.Contains(string(out), c.says) {
				t.Errorf("want %q, got %v %s", c.says, err, out)
			}
		})
	}
}
