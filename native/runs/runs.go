// Package runs keeps a record of every training in one SQLite file: what it was made of (the recipe, and hashes of data,
// base, code), what came out (metrics, predictions, the hash of the trained weights), and what it took (time, memory, host).
//
// The record is what makes runs comparable and repeatable, and what a search that was killed goes on from: a run is there
// from its first step, its evaluations are added as they happen, and each is on the disk before the next step is taken.
// Several processes may write to one file.
package runs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite", SQLite itself in pure Go
)

// Book is a file of runs.
type Book struct {
	db   *sql.DB
	path string
}

// SQLite keeps two numbers in a file's head: whose it is ("Grft"), and the form of its tables.
const (
	applicationID = 0x47726674
	form          = 1
)

// tables are those of form 1. Lists of a run's settings and metrics are JSON, so that a new one changes no table.
const tables = `
CREATE TABLE runs (
	id INTEGER PRIMARY KEY,
	search TEXT NOT NULL,     -- key of the search that it is a trial of, '' for none
	trial TEXT NOT NULL,      -- key of the trial within the search
	again_of INTEGER NOT NULL, -- the run that it repeats, 0 for none
	status TEXT NOT NULL,
	started TEXT NOT NULL,    -- RFC 3339
	method TEXT NOT NULL,
	score REAL,               -- NULL: not measured
	what TEXT NOT NULL        -- the whole run, as JSON
);
CREATE INDEX runs_by_search ON runs (search, trial);
CREATE TABLE evaluations (
	run INTEGER NOT NULL REFERENCES runs,
	step INTEGER NOT NULL,
	metrics TEXT NOT NULL,    -- JSON object
	PRIMARY KEY (run, step)
) WITHOUT ROWID;
CREATE TABLE predictions (
	run INTEGER NOT NULL REFERENCES runs,
	split TEXT NOT NULL,      -- validation or test
	classes TEXT NOT NULL,    -- JSON array, in the order of ids
	positive TEXT NOT NULL,
	answers TEXT NOT NULL,    -- JSON array of [label, prediction, probability of each class …]
	PRIMARY KEY (run, split)
) WITHOUT ROWID;
`

// Open opens a file of runs, and makes it if it is not there.
func Open(ctx context.Context, path string) (*Book, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, fmt.Errorf("runs: %w", err)
	}
	return open(ctx, path, "rwc")
}

// OpenExisting opens a file of runs that is there.
func OpenExisting(ctx context.Context, path string) (*Book, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("runs: %w", err)
	}
	return open(ctx, path, "rw")
}

func open(ctx context.Context, path, mode string) (*Book, error) {
	// Another process's transaction is waited for; a transaction takes its lock when it begins, so that none fails half way.
	name := "file:" + url.PathEscape(path) + "?mode=" + mode + "&_txlock=immediate&_pragma=busy_timeout(30000)&_pragma=foreign_keys(1)"
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("runs: %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	b := &Book{db, path}
	if err := b.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("runs: %s: %w", path, err), db.Close())
	}
	return b, nil
}

// prepare makes the tables of a new file, and refuses a file that is something else.
func (b *Book) prepare(ctx context.Context) error {
	return b.change(ctx, func(tx *sql.Tx) error {
		var id, version, objects int
		for _, q := range []struct {
			query string
			into  *int
		}{{"PRAGMA application_id", &id}, {"PRAGMA user_version", &version}, {"SELECT count(*) FROM sqlite_schema", &objects}} {
			if err := tx.QueryRowContext(ctx, q.query).Scan(q.into); err != nil {
				return err
			}
		}
		switch {
		case id == applicationID && version == form:
			return nil
		case id == applicationID:
			return fmt.Errorf("the file has form %d, expected %d: it was written by another version of graft", version, form)
		case id != 0 || objects > 0:
			return errors.New("a SQLite file, but not of runs")
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, form)+tables)
		return err
	})
}

// change makes a transaction: all of what do writes is kept, or nothing.
func (b *Book) change(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Path is the file.
func (b *Book) Path() string { return b.path }

// Close closes the file.
func (b *Book) Close() error { return b.db.Close() }

func (b *Book) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("runs: %s: %w", b.path, err)
}
