package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"workbell/sandbox"
)

type sandboxCmd struct {
	Address string `name:"listen-address" default:"127.0.0.1:8062" help:"Where to serve the stand-in's API and page."`
}

// Run serves the stand-in until the context ends.
func (c *sandboxCmd) Run(ctx context.Context, env Env) error {
	l, err := net.Listen("tcp", c.Address)
	if err != nil {
		return fmt.Errorf("listening for the sandbox: %w (choose another with --listen-address)", err)
	}
	s := sandbox.New(sandbox.Options{AdoptUnknown: true})
	defer s.Close()
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second}
	app := sandbox.DefaultApp()
	_, _ = fmt.Fprintf(env.Stdout, "a stand-in for DingTalk; in rules.yaml write\n\n  base_url: http://%s\n  apps: [{name: %s, agent_id: %d, app_key: %s, app_secret: %s}]\n\nwhat employees receive: http://%s/\n",
		l.Addr(), app.Name, app.AgentID, app.Key, app.Secret.Reveal(), l.Addr())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(stop); err != nil {
		_ = server.Close() // pages that are open listen without end
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
