// Workbell receives webhooks from Alertmanager, GitHub and any JSON source, and
// sends DingTalk work notifications to people. README.md tells more.
package main

import (
	"context"
	"embed"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a container may have no zone files

	"workbell/cli"
)

//go:embed rules.yaml docs/rules.schema.json all:templates
var embedded embed.FS

// version and commit are set by the linker in a release.
var version, commit string

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, cli.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Embedded: embedded, Version: cli.BuildVersion(version, commit),
	}, os.Args[1:])
}
