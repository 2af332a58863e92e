package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"
)

// kinds are the types of what may be in a manifest of ours.
var kinds = map[string]func() any{
	"v1 ConfigMap":                            func() any { return &core.ConfigMap{} },
	"v1 Service":                              func() any { return &core.Service{} },
	"apps/v1 StatefulSet":                     func() any { return &apps.StatefulSet{} },
	"apps/v1 Deployment":                      func() any { return &apps.Deployment{} },
	"policy/v1 PodDisruptionBudget":           func() any { return &policy.PodDisruptionBudget{} },
	"networking.k8s.io/v1 NetworkPolicy":      func() any { return &networking.NetworkPolicy{} },
	"monitoring.coreos.com/v1 ServiceMonitor": func() any { return &monitoring.ServiceMonitor{} },
}

// check decodes each manifest into its type; a field that the type lacks, or one
// of another type, is a fault.
func check(manifests []byte) error {
	var faults []error
	for r := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifests))); ; {
		one, err := r.Read()
		if errors.Is(err, io.EOF) {
			return errors.Join(faults...)
		}
		if err != nil {
			return fmt.Errorf("reading manifests: %w", err)
		}
		var head struct{ APIVersion, Kind string }
		if err := strict.Unmarshal(one, &head); err != nil {
			faults = append(faults, fmt.Errorf("reading a manifest: %w\n%s", err, one))
			continue
		}
		if head.Kind == "" {
			continue // a template that renders to nothing
		}
		name := head.APIVersion + " " + head.Kind
		if kinds[name] == nil {
			faults = append(faults, fmt.Errorf("%s is not among the kinds of check.go: add it", name))
			continue
		}
		if err := strict.UnmarshalStrict(one, kinds[name]()); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w\n%s", name, err, one))
		}
	}
}
