// ⑥ native — what fileFacts(fd) says of an open file, bit by bit (src/native/file-facts.ts; test/abi.test.ts compares).
#ifndef TRUEAIO_FILE_FACTS_H
#define TRUEAIO_FILE_FACTS_H
#define TA_FACT_POSITION 1      // a regular file, a block device or a directory: read(2) and write(2) move its position
#define TA_FACT_RING 2          // a regular file or block device whose transfers at an offset a ring gets right
#define TA_FACT_CACHED 4        // its reads can be answered by the page cache without asking anybody else
#define TA_FACT_NON_BLOCKING 8  // O_NONBLOCK
#define TA_FACT_BUFFERED 16     // a regular file or block device without O_DIRECT
// Above the bits: so much of the inode number. Two files that get the same descriptor number one after the other differ in it.
#define TA_FACT_INODE 32
#define TA_FACT_INODE_MASK 0x1fffffu

typedef enum {
  TA_FILE_OTHER,      // none, or one whose reads may ask a server or another process
  TA_FILE_LOCAL,      // its reads wait for a device at the most
  TA_FILE_IN_MEMORY,  // of tmpfs, which has no reads that do not wait: its pages are memory, as this process's own
} ta_file_place;

// Where a regular file is. Also of a descriptor opened with O_PATH.
ta_file_place ta_file_place_of(int fd);
#endif
