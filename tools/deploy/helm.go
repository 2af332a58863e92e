package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
)

// chart lints the chart in dir and renders it as `helm template` does, with the
// values of file over its own.
func chart(dir, file string) ([]byte, error) {
	values := map[string]any{}
	if file != "" {
		read, err := chartutil.ReadValuesFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		values = read
	}
	var faults []error
	for _, m := range lint.All(dir, values, "default", true).Messages {
		if m.Severity >= support.WarningSev {
			faults = append(faults, m)
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("linting %s: %w", dir, errors.Join(faults...))
	}
	loaded, err := loader.Load(dir)
	if err != nil {
		return nil, fmt.Errorf("loading %s: %w", dir, err)
	}
	caps := chartutil.DefaultCapabilities.Copy()
	all, err := chartutil.ToRenderValues(loaded, values, chartutil.ReleaseOptions{Name: "release", Namespace: "default", IsInstall: true}, caps)
	if err != nil {
		return nil, fmt.Errorf("taking values for %s: %w", dir, err)
	}
	files, err := engine.Render(loaded, all)
	if err != nil {
		return nil, fmt.Errorf("rendering %s: %w", dir, err)
	}
	var out bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(name, ".yaml") {
			fmt.Fprintf(&out, "---\n# %s\n%s\n", name, files[name])
		}
	}
	return out.Bytes(), nil
}
