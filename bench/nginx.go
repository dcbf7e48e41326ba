package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// nginxConfig has one process, which is enough for one core, and is ended with
// its only id. It writes no log of requests, as the bare proxy writes none.
const nginxConfig = `daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 100000000;
  upstream vendor {
    server %s;
    keepalive 64;
    keepalive_requests 100000000;
  }
  server {
    listen %s;
    location / {
      proxy_pass http://vendor;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`

// nginx is a command for a proxy that maps nothing, or nil where it is not
// installed. Debian keeps it out of a user's PATH.
func (s *stage) nginx(address string) (*exec.Cmd, error) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/nginx")
	}
	if err != nil {
		return nil, nil
	}
	folder := filepath.Join(s.folder, "nginx")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxConfig, s.upstream.address, address), 0o600); err != nil {
		return nil, err
	}
	return exec.Command(program, "-p", folder, "-c", file, "-e", "stderr"), nil
}
