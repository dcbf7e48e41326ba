package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// directions says which packages of ours a package may import. A package that
// is not listed fails the test, so that somebody decides.
var directions = map[string][]string{
	"rules":                     nil,
	"transform/scim":            nil,
	"transform":                 {"rules", "transform/scim"},
	"config":                    {"rules", "transform", "transform/scim"},
	"gateway/state":             {"transform", "transform/scim"},
	"gateway":                   {"config", "gateway/state", "transform", "transform/scim"},
	"examples/entra":            nil,
	"examples/legacy":           nil,
	"examples/legacy/app":       nil,
	"examples/scene":            {"config", "examples/entra", "examples/provider", "gateway", "gateway/state"},
	"examples/provider":         nil,
	"examples/nextcloud/app":    {"examples/api"},
	"examples/zabbix/app":       {"examples/api"},
	"examples/zimbra/app":       {"examples/api"},
	"examples/suites":           {"examples/legacy/app", "examples/provider"},
	"bench":                     {"config", "gateway", "gateway/state", "transform/scim"},
	"cmd/scimshim":              {"config", "examples/entra", "examples/legacy", "examples/legacy/app", "gateway", "gateway/state", "rules", "transform", "transform/scim"},
	"examples/api":              nil,
	"examples/gitlab/app":       {"examples/api"},
	"examples/slack/app":        {"examples/api"},
	"examples/starleaf-api/app": {"examples/api"},
	"examples/starmind-api/app": {"examples/api"},
}

// banned are packages that a folder, and what is below it, does without: rules,
// transform and config neither log nor call anybody, and no other folder knows
// both a body's meaning and the network.
var banned = map[string][]string{
	"rules":     {"go.uber.org/zap", "log", "log/slog", "net", "os", "os/exec", "github.com/valyala/fasthttp"},
	"transform": {"go.uber.org/zap", "log", "log/slog", "net", "os", "os/exec", "github.com/valyala/fasthttp"},
	"config":    {"go.uber.org/zap", "log", "log/slog", "os/exec", "github.com/valyala/fasthttp"},
	"gateway":   {"encoding/json", "github.com/tidwall/gjson", "github.com/tidwall/sjson", "log", "log/slog", "github.com/expr-lang/expr"},
}

// sources parses our own code, tests left out, by the folder of its package.
func sources(t *testing.T, root string) (*token.FileSet, map[string][]*ast.File) {
	t.Helper()
	files, folders := token.NewFileSet(), map[string][]*ast.File{}
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		switch base := e.Name(); {
		case err != nil:
			return err
		case e.IsDir() && name != root && (base == "testdata" || base == "node_modules" || base[0] == '.' || ownModule(name)):
			return filepath.SkipDir
		case e.IsDir() || filepath.Ext(base) != ".go" || strings.HasSuffix(base, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(name))
		folders[filepath.ToSlash(folder)] = append(folders[filepath.ToSlash(folder)], file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, folders
}

// ownModule tells whether a folder is a module of its own, which is none of our code.
func ownModule(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// breaches gives, sorted, how the code below root offends against the design.
func breaches(t *testing.T, root string) []string {
	files, folders := sources(t, root)
	var out []string
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		if _, decided := directions[folder]; !decided {
			out = append(out, fmt.Sprintf("%s is not in the table of import directions", folder))
		}
		for _, file := range folders[folder] {
			at := func(n ast.Node) string {
				place := files.Position(n.Pos())
				return fmt.Sprintf("%s/%s:%d", folder, filepath.Base(place.Filename), place.Line)
			}
			out = append(out, imports(folder, file, at)...)
			out = append(out, conduct(folder, file, at)...)
			out = append(out, assignments(variables(folders[folder]), file, at)...)
		}
	}
	return out
}

func imports(folder string, file *ast.File, at func(ast.Node) string) (out []string) {
	top, _, _ := strings.Cut(folder, "/")
	for _, spec := range file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		ours, isOurs := strings.CutPrefix(name, "scimshim/")
		if isOurs && !slices.Contains(directions[folder], ours) || slices.Contains(banned[top], name) {
			out = append(out, fmt.Sprintf("%s: %s may not import %q", at(spec), folder, name))
		}
	}
	return out
}

// conduct finds what no package may do, and what the pure ones may not.
func conduct(folder string, file *ast.File, at func(ast.Node) string) (out []string) {
	top, _, _ := strings.Cut(folder, "/")
	pure := top == "rules" || top == "transform" || top == "config"
	report := func(n ast.Node, what string) { out = append(out, fmt.Sprintf("%s: %s", at(n), what)) }
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				report(n, "init()")
			}
		case *ast.GoStmt:
			if pure {
				report(n, "a goroutine in a package that starts none")
			}
		case *ast.SelectorExpr:
			switch called := selected(n); {
			case pure && network(called), !slices.Contains(runnable, top) && slices.Contains(endings, called),
				pure && top != "config" && slices.Contains(clocks, called):
				report(n, called)
			}
		}
		return true
	})
	return out
}

// runnable are the folders of programs, which alone may end the process.
var runnable = []string{"cmd", "bench"}

// endings end the process. A package is told by its name, which nobody here
// changes when importing it.
var endings = []string{"os.Exit", "log.Fatal", "log.Fatalf", "syscall.Exit", "runtime.Goexit"}

// clocks would make the same request come out otherwise the next time.
var clocks = []string{"time.Now", "time.Since", "time.Until", "rand.Text", "rand.Read", "rand.IntN", "rand.Int"}

// harmless is what the packages of the network have besides the network.
var harmless = []string{"net.ParseIP", "net.IP", "net.SplitHostPort", "net.JoinHostPort", "http.ParseTime", "http.CanonicalHeaderKey", "http.ParseSetCookie"}

func network(called string) bool {
	of, name, _ := strings.Cut(called, ".")
	return (of == "net" || of == "http") && !slices.Contains(harmless, called) &&
		!strings.HasPrefix(name, "Status") && !strings.HasPrefix(name, "Method")
}

func selected(n *ast.SelectorExpr) string {
	if of, ok := n.X.(*ast.Ident); ok {
		return of.Name + "." + n.Sel.Name
	}
	return ""
}

// variables are the names of a package's variables.
func variables(files []*ast.File) map[string]bool {
	out := map[string]bool{}
	for _, file := range files {
		for _, declared := range file.Decls {
			if general, ok := declared.(*ast.GenDecl); ok && general.Tok == token.VAR {
				for _, spec := range general.Specs {
					for _, name := range spec.(*ast.ValueSpec).Names {
						out[name.Name] = true
					}
				}
			}
		}
	}
	return out
}

// assignments finds functions that change a variable of their package. A name
// that the function declares itself hides the variable.
func assignments(variables map[string]bool, file *ast.File, at func(ast.Node) string) (out []string) {
	for _, declared := range file.Decls {
		function, ok := declared.(*ast.FuncDecl)
		if !ok {
			continue
		}
		own := locals(function)
		ast.Inspect(function, func(n ast.Node) bool {
			for _, target := range targets(n) {
				if name := root(target); variables[name] && !own[name] {
					out = append(out, fmt.Sprintf("%s: the package variable %q is changed", at(n), name))
				}
			}
			return true
		})
	}
	return out
}

func targets(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	}
	return nil
}

// root is the name at the left end of an assignable expression.
func root(e ast.Expr) string {
	for {
		switch of := e.(type) {
		case *ast.Ident:
			return of.Name
		case *ast.IndexExpr:
			e = of.X
		case *ast.SelectorExpr:
			e = of.X
		case *ast.StarExpr:
			e = of.X
		default:
			return ""
		}
	}
}

func locals(function *ast.FuncDecl) map[string]bool {
	own := map[string]bool{}
	ast.Inspect(function, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, name := range n.Names {
				own[name.Name] = true
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				own[name.Name] = true
			}
		case *ast.AssignStmt:
			for _, target := range n.Lhs {
				if name, ok := target.(*ast.Ident); ok && n.Tok == token.DEFINE {
					own[name.Name] = true
				}
			}
		case *ast.RangeStmt:
			for _, target := range []ast.Expr{n.Key, n.Value} {
				if name, ok := target.(*ast.Ident); ok && n.Tok == token.DEFINE {
					own[name.Name] = true
				}
			}
		}
		return true
	})
	return own
}

func TestDesign(t *testing.T) {
	if diff := cmp.Diff([]string(nil), breaches(t, "../..")); diff != "" {
		t.Errorf("the code offends against its design (+):\n%s", diff)
	}
}

// TestDesignNotices holds that each kind of offence is found.
func TestDesignNotices(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"rules/a.go":        "package rules\nimport _ \"scimshim/config\"\nimport _ \"net\"\n",
		"transform/b.go":    "package transform\nimport \"time\"\nfunc init() {}\nfunc f() { go f(); time.Now() }\n",
		"config/c.go":       "package config\nimport \"net\"\nfunc f() { net.Dial(\"tcp\", \"\") }\n",
		"gateway/d.go":      "package gateway\nimport \"os\"\nfunc f() { os.Exit(1) }\n",
		"gateway/d_test.go": "package gateway\nfunc init() {}\n",
		"util/e.go":         "package util\n",
		"rules/f.go":        "package rules\nvar a, b int\nvar m = map[int]int{}\nfunc f() { b := 1; b++; a++; m[b] = 2 }\n",
	} {
		plant(t, path.Join(root, name), text)
	}
	want := []string{
		`config/c.go:3: net.Dial`,
		`gateway/d.go:3: os.Exit`,
		`rules/a.go:2: rules may not import "scimshim/config"`,
		`rules/a.go:3: rules may not import "net"`,
		`rules/f.go:4: the package variable "a" is changed`,
		`rules/f.go:4: the package variable "m" is changed`,
		`transform/b.go:3: init()`,
		`transform/b.go:4: a goroutine in a package that starts none`,
		`transform/b.go:4: time.Now`,
		`util is not in the table of import directions`,
	}
	if diff := cmp.Diff(want, breaches(t, root)); diff != "" {
		t.Errorf("offences (-want +got):\n%s", diff)
	}
}

func plant(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
