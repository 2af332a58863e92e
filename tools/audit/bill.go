package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
)

// bill writes to target the bill of materials of a binary: what Go noted in it of
// the modules that it was built of, with their licences. It is the same for the same
// binary: it has neither a time nor a serial number.
func bill(binary, version, target string) (err error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("reading what %s was built of: %w", binary, err)
	}
	all, err := holders()
	if err != nil {
		return err
	}
	main := component(info.Main.Path, version)
	main.Type = cyclonedx.ComponentTypeApplication
	components := []cyclonedx.Component{}
	for _, m := range append([]*debug.Module{{Path: standardLibrary, Version: info.GoVersion}}, info.Deps...) {
		c := component(m.Path, m.Version)
		i := slices.IndexFunc(all, func(h holder) bool { return h.name == m.Path+" "+m.Version || h.name == m.Path })
		if i < 0 {
			return fmt.Errorf("%s has %s %s, which is not linked here: build it of this source", binary, m.Path, m.Version)
		}
		ids, err := all[i].licences()
		if err != nil {
			return err
		}
		c.Licenses = choices(ids)
		components = append(components, c)
	}
	b := cyclonedx.NewBOM()
	b.Metadata, b.Components = &cyclonedx.Metadata{Component: &main}, &components
	out, err := os.Create(target) //nolint:gosec // named by who runs it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return cyclonedx.NewBOMEncoder(out, cyclonedx.BOMFileFormatJSON).SetPretty(true).Encode(b)
}

func component(path, version string) cyclonedx.Component {
	url := fmt.Sprintf("pkg:golang/%s@%s", path, version)
	return cyclonedx.Component{BOMRef: url, Type: cyclonedx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: url, Scope: cyclonedx.ScopeRequired}
}

// choices are licences as CycloneDX has them: by SPDX's names, where they have one.
func choices(ids []string) *cyclonedx.Licenses {
	var list cyclonedx.Licenses
	for _, id := range ids {
		l := cyclonedx.License{ID: id}
		if id == publicDomain {
			l = cyclonedx.License{Name: id}
		}
		list = append(list, cyclonedx.LicenseChoice{License: &l})
	}
	return &list
}
