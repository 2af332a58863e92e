// Package cli has workbell's commands, one file each.
//
// In come the arguments and the embedded defaults; out goes an exit code: 0
// done, 1 what was asked for fell short, 2 wrong use.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	Done      = 0 // all went well
	FellShort = 1 // a check, a test, a delivery did not come off
	WrongUse  = 2 // the command line, or a file that must be there
)

// Env is the world of a command.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Embedded       fs.FS // rules.yaml, templates/ and docs/rules.schema.json
	Version        Version
}

// commands is the command line as kong reads it.
type commands struct {
	Serve      serveCmd      `cmd:"" help:"Run the bridge: webhooks in, work notifications out."`
	Check      checkCmd      `cmd:"" help:"Load all that serve would load and print every fault with its place."`
	Test       testCmd       `cmd:"" help:"Run unit tests for rules and templates."`
	Render     renderCmd     `cmd:"" help:"Print what would be sent for a payload, without sending."`
	Send       sendCmd       `cmd:"" help:"Send one notification now, to try credentials."`
	Deliveries deliveriesCmd `cmd:"" help:"List what was sent, or is to be, by a running bridge."`
	Show       showCmd       `cmd:"" help:"Tell all that is known of one delivery."`
	Resend     resendCmd     `cmd:"" help:"Send deliveries again, to those who lack them."`
	Recall     recallCmd     `cmd:"" help:"Take deliveries back."`
	Ack        ackCmd        `cmd:"" help:"Take care of a delivery: it is not passed on any more."`
	Migrate    migrateCmd    `cmd:"" help:"Move history, quotas and queue from SQLite into PostgreSQL."`
	Sandbox    sandboxCmd    `cmd:"" help:"Run the stand-in for DingTalk alone."`
	Schema     schemaCmd     `cmd:"" help:"Print the JSON Schema of rules.yaml, for editors."`
	Version    versionCmd    `cmd:"" help:"Print version, commit and Go version."`
	Completion completionCmd `cmd:"" help:"Print what makes a shell complete workbell's commands, flags and their values."`
	Man        manCmd        `cmd:"" hidden:"" help:"Print the manual page."`
	Complete   completeCmd   `cmd:"" hidden:"" help:"Print what a command line may go on with."`
}

// fileFlags name the user's rules and templates.
type fileFlags struct {
	Config    string `name:"config.file" default:"rules.yaml" placeholder:"FILE" help:"Rules: who hears about what. Default: rules.yaml."`
	Templates string `name:"templates" default:"templates" placeholder:"DIR" help:"Templates, laid over the built-in ones file by file. Default: templates."`
}

// outputFlag chooses between people and programs.
type outputFlag struct {
	Output string `name:"output" enum:"text,json" default:"text" help:"text for people, json for programs."`
}

// logFlags say how to log.
type logFlags struct {
	Level  string `name:"log.level" enum:"debug,info,warn,error" default:"info" help:"Least level to log: debug, info, warn or error."`
	Format string `name:"log.format" enum:"logfmt,json" default:"logfmt" help:"logfmt or json."`
}

func (l logFlags) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.Level)) // kong has checked it
	o := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// exit is an error with the exit code that it calls for. An empty text means
// that all has been said.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e exit) Unwrap() error { return e.err }

func wrongUse(format string, args ...any) error {
	return exit{WrongUse, fmt.Errorf(format, args...)}
}

func fellShort(format string, args ...any) error {
	return exit{FellShort, fmt.Errorf(format, args...)}
}

// errSaid ends a command with FellShort after it has printed why.
var errSaid = exit{code: FellShort}

// Run runs the command that args name and returns the exit code. ctx ends
// serve and sandbox.
func Run(ctx context.Context, env Env, args []string) int {
	var c commands
	code := -1
	parser, err := kong.New(&c, kong.Name("workbell"),
		kong.Description("Webhooks from Alertmanager, GitHub and any JSON source become DingTalk work notifications to people.\nEvery flag can also be set by an environment variable: --config.file by WORKBELL_CONFIG_FILE."),
		kong.DefaultEnvars("WORKBELL"), kong.Writers(env.Stdout, env.Stderr), kong.UsageOnError(),
		kong.Exit(func(n int) { code = n }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.KindMapper(reflect.Int64, kong.MapperFunc(number)),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(env))
	if err != nil {
		_, _ = fmt.Fprintln(env.Stderr, "workbell:", err)
		return WrongUse
	}
	if len(args) == 0 { // whoever types the name alone wants to know what there is
		_, _ = parser.Parse([]string{"--help"})
		return WrongUse
	}
	k, err := parser.Parse(args)
	switch {
	case code >= 0: // --help has been answered
		return code
	case err != nil:
		_, _ = fmt.Fprintf(env.Stderr, "workbell: %v; see workbell --help\n", err)
		return WrongUse
	}
	if err := k.Run(); err != nil {
		e := exit{FellShort, err}
		errors.As(err, &e)
		if text := err.Error(); text != "" {
			_, _ = fmt.Fprintln(env.Stderr, "workbell: "+strings.TrimRight(text, "\n"))
		}
		return e.code
	}
	return Done
}

// number reads the number of a delivery or an event, as lists show it or with the
// # that people put before it.
func number(ctx *kong.DecodeContext, target reflect.Value) error {
	given, err := ctx.Scan.PopValue("number")
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(given.String(), "#"), 10, 64)
	if err != nil || n <= 0 {
		return fmt.Errorf("%q is not a number from 1, as workbell deliveries lists them", given)
	}
	target.SetInt(n)
	return nil
}

// exists says whether a file or folder is there.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
