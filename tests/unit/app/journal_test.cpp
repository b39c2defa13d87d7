#include "app/journal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "unit/app/pipe.h"

namespace perf_exporter {
namespace {

std::string identity(int fd) {
  struct stat status {};
  EXPECT_EQ(::fstat(fd, &status), 0);
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

TEST(LogPrefix, IsForTheStreamThatIsTheJournalsAndNoOther) {
  const Pipe journal;
  const Pipe other;
  const std::string stream = identity(journal.writer.get());
  EXPECT_EQ(log_prefix(journal.writer.get(), stream), LogPrefix::priority);
  EXPECT_EQ(log_prefix(other.writer.get(), stream), LogPrefix::none);
  for (const std::string& text : {std::string(), stream + "0", "0" + stream, " " + stream,
                                  stream.substr(stream.find(':') + 1), std::string("8:x")}) {
    EXPECT_EQ(log_prefix(journal.writer.get(), text), LogPrefix::none) << text;
  }
  EXPECT_EQ(log_prefix(-1, stream), LogPrefix::none);
}

}  // namespace
}  // namespace perf_exporter
