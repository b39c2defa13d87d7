// Writes what is derived from the options: the man page and the shells' completions.
//   generate_cli ROOT            writes them into the source tree at ROOT
//   generate_cli --check ROOT    says which are not current; 1 where one is not
#include <fstream>
#include <iostream>
#include <sstream>

#include "tools/cli/command_line.h"

namespace perf_exporter {
namespace {

struct Output {
  const char* path;
  std::string (*generate)(const CommandLine& line);
};

constexpr Output kOutputs[] = {
    {"docs/perf-exporter.1", man_page},
    {"deploy/completions/perf-exporter.bash", bash_completion},
    {"deploy/completions/_perf-exporter", zsh_completion},
    {"deploy/completions/perf-exporter.fish", fish_completion},
};

int check(const std::string& root) {
  int status = 0;
  for (const Output& output : kOutputs) {
    std::ifstream file(root + "/" + output.path);
    std::ostringstream committed;
    committed << file.rdbuf();
    if (committed.str() != output.generate(describe_command_line())) {
      std::cerr << output.path << " is not what the options say; build the target `regenerate`\n";
      status = 1;
    }
  }
  return status;
}

int write(const std::string& root) {
  for (const Output& output : kOutputs) {
    std::ofstream file(root + "/" + output.path);
    file << output.generate(describe_command_line());
    file.close();
    if (!file) {
      std::cerr << "cannot write " << root << "/" << output.path << "\n";
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace perf_exporter

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 2 && words[0] == "--check") {
    return perf_exporter::check(words[1]);
  }
  if (words.size() == 1) {
    return perf_exporter::write(words[0]);
  }
  std::cerr << "usage: generate_cli [--check] ROOT\n";
  return 2;
}
