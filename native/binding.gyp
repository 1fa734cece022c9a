{
  "targets": [
    {
      "target_name": "trueaio",
      "variables": { "sanitize%": "" },
      "sources": ["addon.c", "lend.c", "memory.c", "poll.c", "layout.c"],
      "defines": ["NAPI_VERSION=9"],
      "cflags": ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
      "conditions": [
        ["OS=='linux'", { "sources": ["unfinished.c", "descriptors.c", "io_uring.c", "linux_aio.c", "pool.c", "pool_queues.c", "pool_threads.c", "pool_own.c", "pool_watch.c", "program.c", "whole.c", "whole_file.c", "whole_stat.c", "whole_list.c", "whole_name.c", "whole_cached.c", "tree.c", "tree_remove.c", "tree_copy.c", "move.c", "digest.c", "interrupt.c", "readiness.c", "file_facts.c", "socket_call.c", "memory_call.c", "compute.c", "compute_plain.c", "compute_x64.c", "compute_arm64.c"], "defines": ["_GNU_SOURCE"], "libraries": ["-lpthread"] }],
        ["sanitize!=''", {
          "cflags": ["-fsanitize=<(sanitize)", "-fno-omit-frame-pointer", "-g", "-O1", "-fno-sanitize-recover=undefined"],
          "ldflags": ["-fsanitize=<(sanitize)"]
        }]
      ]
    }
  ]
}
