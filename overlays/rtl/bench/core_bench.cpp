// Drives a core with images and compares all scores. Both streams stall at random; a reset comes in the middle of an image.
//
// core_bench IMAGES SCORES SEED STALL_IN STALL_OUT RESETS [COVERAGE]
//   IMAGES: (N, 32, 32, 3) uint8. SCORES: (N, 4) int32, little-endian. STALL_IN, STALL_OUT: percent of the clocks in which a
//   stream stalls. RESETS: how often a reset comes; after it the same images begin again. COVERAGE: where the counts of
//   states go, if they were compiled in.
// It prints images, wrong scores, clocks an image and the first image's latency. It exits with 1 if a score is wrong or
// missing, or a rule of AXI-Stream is broken.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "Vbinarycop_core.h"
#include "verilated.h"
#if VM_COVERAGE
#include "verilated_cov.h"
#endif

namespace {

constexpr long kPixels = 1024, kBytes = 3 * kPixels, kScores = 4;
constexpr long kPatience = 200000;  // clocks without a score

std::string Read(const char *path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "core_bench: %s cannot be read\n", path);
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

class Bench {
 public:
  Bench(std::string images, std::string scores, unsigned seed, int stall_in, int stall_out)
      : images_(std::move(images)), random_(seed), stall_in_(stall_in), stall_out_(stall_out) {
    expected_.resize(scores.size() / sizeof(int32_t));
    std::memcpy(expected_.data(), scores.data(), expected_.size() * sizeof(int32_t));
    count_ = static_cast<long>(images_.size()) / kBytes;
  }

  long Pixels() const { return count_ * kPixels; }

  // A reset of some clocks with noise at the inputs.
  void Reset() {
    core_.rst_n = 0;
    for (int i = 0; i < 3; i++) {
      core_.s_axis_tvalid = i & 1;
      core_.m_axis_tready = i & 1;
      Edge();
    }
    core_.rst_n = 1;
    pixel_ = score_ = 0;
    offered_ = waiting_ = false;
    starts_.assign(count_, 0);
    ends_.assign(count_, 0);
  }

  // Runs until all scores of the images, or so many pixels, have passed.
  bool Run(long pixels) {
    long last_score = clock_;
    while (pixel_ < pixels || (pixels == count_ * kPixels && score_ < count_ * kScores)) {
      long before = score_;
      Clock();
      if (score_ != before) last_score = clock_;
      if (clock_ - last_score > kPatience) {
        std::fprintf(stderr, "core_bench: no score for %ld clocks\n", kPatience);
        return false;
      }
    }
    return true;
  }

  // After the last score nothing more may come.
  void Drain() {
    for (int i = 0; i < 5000; i++) Clock();
  }

  bool Report() const {
    double per_image = count_ > 2 ? double(ends_[count_ - 1] - ends_[1]) / (count_ - 2) : 0;
    std::printf("{\"images\": %ld, \"wrong_scores\": %ld, \"broken_rules\": %ld, \"clocks_per_image\": %.2f, "
                "\"latency_clocks\": %ld}\n",
                count_, wrong_, broken_, per_image, ends_[0] - starts_[0] + 1);
    return wrong_ == 0 && broken_ == 0 && score_ == count_ * kScores;
  }

 private:
  bool Stalls(int percent) { return percent > 0 && static_cast<int>(random_() % 100) < percent; }

  void Edge() {
    core_.clk = 0;
    core_.eval();
    core_.clk = 1;
    core_.eval();
    clock_++;
  }

  void Clock() {
    core_.clk = 0;
    // What is offered stays until it is taken.
    if (!offered_) offered_ = pixel_ < count_ * kPixels && !Stalls(stall_in_);
    core_.s_axis_tvalid = offered_;
    if (offered_) {
      const auto *bytes = reinterpret_cast<const unsigned char *>(&images_[pixel_ * 3]);
      core_.s_axis_tdata = bytes[0] | bytes[1] << 8 | bytes[2] << 16;
    } else {
      core_.s_axis_tdata = random_() & 0xffffff;
    }
    // tvalid must not depend on tready.
    bool ready = !Stalls(stall_out_);
    core_.m_axis_tready = !ready;
    core_.eval();
    bool valid = core_.m_axis_tvalid;
    core_.m_axis_tready = ready;
    core_.eval();
    if (valid != core_.m_axis_tvalid) broken_++;
    int32_t data = Signed(core_.m_axis_tdata);
    if (waiting_ && (!valid || data != waiting_data_ || core_.m_axis_tlast != waiting_last_)) broken_++;
    waiting_ = valid && !ready;
    waiting_data_ = data;
    waiting_last_ = core_.m_axis_tlast;
    if (valid && ready) TakeScore(data);
    if (offered_ && core_.s_axis_tready) {
      if (pixel_ % kPixels == 0) starts_[pixel_ / kPixels] = clock_;
      pixel_++;
      offered_ = false;
    }
    core_.clk = 1;
    core_.eval();
    clock_++;
  }

  void TakeScore(int32_t data) {
    if (score_ >= count_ * kScores) {
      broken_++;
      return;
    }
    if (data != expected_[score_]) wrong_++;
    if (core_.m_axis_tlast != (score_ % kScores == kScores - 1)) broken_++;
    if (score_ % kScores == kScores - 1) ends_[score_ / kScores] = clock_;
    score_++;
  }

  static int32_t Signed(uint32_t word) {
    return static_cast<int32_t>(word << (32 - SCORE_BITS)) >> (32 - SCORE_BITS);
  }

  Vbinarycop_core core_;
  std::string images_;
  std::vector<int32_t> expected_;
  std::mt19937 random_;
  int stall_in_, stall_out_;
  long count_ = 0, clock_ = 0, pixel_ = 0, score_ = 0, wrong_ = 0, broken_ = 0;
  bool offered_ = false, waiting_ = false, waiting_last_ = false;
  int32_t waiting_data_ = 0;
  std::vector<long> starts_, ends_;
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 7 && argc != 8) {
    std::fprintf(stderr, "core_bench IMAGES SCORES SEED STALL_IN STALL_OUT RESETS [COVERAGE]\n");
    return 2;
  }
  const unsigned seed = std::strtoul(argv[3], nullptr, 10);
  Verilated::randReset(2);
  Verilated::randSeed(static_cast<int>(seed) + 1);
  Bench bench(Read(argv[1]), Read(argv[2]), seed, std::atoi(argv[4]), std::atoi(argv[5]));
  std::mt19937 random(seed);
  bench.Reset();
  for (int i = std::atoi(argv[6]); i > 0; i--) {
    if (!bench.Run(1 + random() % (3 * kPixels))) return 1;
    bench.Reset();
  }
  if (!bench.Run(bench.Pixels())) return 1;
  bench.Drain();
#if VM_COVERAGE
  if (argc == 8) VerilatedCov::write(argv[7]);
#endif
  return bench.Report() ? 0 : 1;
}
