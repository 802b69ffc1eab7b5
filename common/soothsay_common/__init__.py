"""What every part of soothsay may use: processes, threads, deadlines, caches. Imports nothing of ours."""
