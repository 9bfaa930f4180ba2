module graft

go 1.26.0
