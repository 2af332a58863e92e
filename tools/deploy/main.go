// Command deploy renders what is in deploy/ as its users' tools do, with those
// tools' own code, and holds it against the types that Kubernetes declares. The
// tests of the root package run it.
//
//	deploy helm CHART [VALUES.yaml]    lints and prints the chart's manifests
//	deploy kustomize FOLDER            prints the folder's manifests
//	deploy image DOCKERFILE CONTEXT    checks a Dockerfile
//	deploy deb NFPM.yaml TARGET.deb    builds the Debian package
//
// Exit code 1 means that something is wrong; what, is on standard error.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "deploy:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var manifests []byte
	var err error
	switch {
	case len(args) == 2 && args[0] == "helm":
		manifests, err = chart(args[1], "")
	case len(args) == 3 && args[0] == "helm":
		manifests, err = chart(args[1], args[2])
	case len(args) == 2 && args[0] == "kustomize":
		manifests, err = kustomization(args[1])
	case len(args) == 3 && args[0] == "deb":
		return debian(args[1], args[2])
	case len(args) == 3 && args[0] == "image":
		return image(args[1], args[2])
	default:
		return errors.New("write helm CHART [VALUES.yaml], kustomize FOLDER, image DOCKERFILE CONTEXT or deb NFPM.yaml TARGET.deb")
	}
	if err != nil {
		return err
	}
	fmt.Print(string(manifests))
	return check(manifests)
}
