// The verilated shell with a memory behind its AXI3 ports, and a processor that reads and writes its registers.
//
// A slave of AXI with a queue of reads and one write at a time, as a test needs it: it can stall at random, stand still,
// answer with errors, or use another address than it was given. Data are little-endian, one ID.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <stdexcept>
#include <vector>

#include "Vbinarycop_shell.h"
#include "verilated.h"

enum class Dma { input = 0, output = 1 };

// What a slave answers: AMBA AXI, table A3-4.
enum Response { okay = 0, slave_error = 2, decode_error = 3 };

struct Behaviour {
    int stall_percent = 0;        // of the cycles in which a channel of the memory stands still
    int latency_cycles = 20;      // from the address to the first beat
    bool stuck = false;           // no channel moves: the stream stalls
    bool clock_stopped = false;   // the logic stands still; an access to a register gets no answer
    uint64_t wrong_address = 0;   // these bits of each read's address are inverted on the way
    uint64_t error_address = ~uint64_t{0};  // a burst over this address is answered with `error`
    Response error = slave_error;
};

struct Burst {
    uint64_t address;
    std::vector<uint8_t> bytes;
};

class Circuit {
  public:
    static constexpr unsigned beat_bytes = sizeof(Vbinarycop_shell::m_axi_gmem_rdata);
    static constexpr int answer_cycles = 1000;  // the longest time that a register's answer may take

    Behaviour behaviour;
    uint64_t cycles = 0;  // since the beginning
    uint64_t quiet = 0;   // cycles since anything moved on the memory's side, or a register was written
    uint64_t read_bursts = 0, write_bursts = 0;
    std::deque<Burst> written;  // bursts that the circuit has written, for whoever owns the memory to take
    Vbinarycop_shell top;

    // memory: what the circuit reads, `size` bytes from address `base` on. Elsewhere is nothing.
    Circuit(const uint8_t *memory, uint64_t base, uint64_t size, unsigned seed = 1)
        : memory_(memory), base_(base), size_(size), random_(seed) {
        top.gpio_t = 0x7ff;  // as before Linux has configured a line
        reset();
    }

    ~Circuit() { top.final(); }

    Circuit(const Circuit &) = delete;

    // Four cycles of reset. What was on its way to the memory is forgotten, as by the interconnect's own reset.
    void reset() {
        top.ap_rst_n = 0;
        reads_.clear();
        written.clear();
        write_ = {};
        has_address_ = has_data_ = responds_ = false;
        clear_inputs();
        for (int i = 0; i < 4; i++) {
            top.ap_clk = 0;
            top.eval();
            rise();
        }
        top.ap_rst_n = 1;
    }

    void run(uint64_t count) {
        for (uint64_t i = 0; i < count; i++) step();
    }

    // Writes a register, and waits for the response. Raises runtime_error if none comes.
    void write(Dma dma, uint32_t offset, uint32_t value) {
        Registers port = registers(dma);
        bool address = true, data = true;
        quiet = 0;
        port.awaddr = offset;
        port.wdata = value;
        port.wstrb = 0xf;
        port.bready = 1;
        for (int i = 0; i < answer_cycles; i++) {
            port.awvalid = address;
            port.wvalid = data;
            top.eval();
            bool answered = port.bvalid;
            address &= !port.awready;
            data &= !port.wready;
            step();
            if (answered) {
                port.bready = 0;
                return;
            }
        }
        throw std::runtime_error("a write of a register is not answered");
    }

    // Reads a register. Raises runtime_error if no answer comes.
    uint32_t read(Dma dma, uint32_t offset) {
        Registers port = registers(dma);
        bool address = true;
        port.araddr = offset;
        port.rready = 1;
        for (int i = 0; i < answer_cycles; i++) {
            port.arvalid = address;
            top.eval();
            bool answered = port.rvalid;
            uint32_t value = port.rdata;
            address &= !port.arready;
            step();
            if (answered) {
                port.rready = 0;
                return value;
            }
        }
        throw std::runtime_error("a read of a register is not answered");
    }

    // One cycle: the memory's side answers what it saw, then the clock rises.
    void step() {
        if (behaviour.clock_stopped) return;
        top.ap_clk = 0;
        drive_reads();
        drive_writes();
        top.eval();
        see_reads();
        see_writes();
        rise();
    }

  private:
    struct Read {
        uint64_t address;
        unsigned beats;
        uint64_t ready_at;
        unsigned given = 0;
    };

    const uint8_t *memory_;
    uint64_t base_, size_;
    std::mt19937 random_;
    std::deque<Read> reads_;
    Burst write_{};
    bool has_address_ = false, has_data_ = false, responds_ = false;
    uint64_t response_at_ = 0;

    // The signals of one DMA's AXI4-Lite port.
    struct Registers {
        CData &awvalid, &awready, &wvalid, &wready, &wstrb, &bvalid, &bready, &arvalid, &arready, &rvalid, &rready;
        SData &awaddr, &araddr;
        IData &wdata, &rdata;
    };

    Registers registers(Dma dma) {
        if (dma == Dma::input)
            return {top.s_axi_control_0_awvalid, top.s_axi_control_0_awready, top.s_axi_control_0_wvalid,
                    top.s_axi_control_0_wready,  top.s_axi_control_0_wstrb,   top.s_axi_control_0_bvalid,
                    top.s_axi_control_0_bready,  top.s_axi_control_0_arvalid, top.s_axi_control_0_arready,
                    top.s_axi_control_0_rvalid,  top.s_axi_control_0_rready,  top.s_axi_control_0_awaddr,
                    top.s_axi_control_0_araddr,  top.s_axi_control_0_wdata,   top.s_axi_control_0_rdata};
        return {top.s_axi_control_1_awvalid, top.s_axi_control_1_awready, top.s_axi_control_1_wvalid,
                top.s_axi_control_1_wready,  top.s_axi_control_1_wstrb,   top.s_axi_control_1_bvalid,
                top.s_axi_control_1_bready,  top.s_axi_control_1_arvalid, top.s_axi_control_1_arready,
                top.s_axi_control_1_rvalid,  top.s_axi_control_1_rready,  top.s_axi_control_1_awaddr,
                top.s_axi_control_1_araddr,  top.s_axi_control_1_wdata,   top.s_axi_control_1_rdata};
    }

    void clear_inputs() {
        top.m_axi_gmem_arready = top.m_axi_gmem_rvalid = top.m_axi_gmem_awready = top.m_axi_gmem_wready = 0;
        top.m_axi_gmem_bvalid = 0;
        top.s_axi_control_0_awvalid = top.s_axi_control_0_wvalid = top.s_axi_control_0_arvalid = 0;
        top.s_axi_control_1_awvalid = top.s_axi_control_1_wvalid = top.s_axi_control_1_arvalid = 0;
    }

    bool moves() {
        if (behaviour.stuck) return false;
        return behaviour.stall_percent == 0 || int(random_() % 100) >= behaviour.stall_percent;
    }

    Response answer(uint64_t address, uint64_t bytes) const {
        if (address < base_ || address + bytes > base_ + size_) return decode_error;
        bool is_error = behaviour.error_address >= address && behaviour.error_address < address + bytes;
        return is_error ? behaviour.error : okay;
    }

    // A slave, too, keeps what it has offered until it is taken. `rready` is always high, so reads may come and go.
    void drive_reads() {
        top.m_axi_gmem_arready = moves();
        top.m_axi_gmem_rvalid = !reads_.empty() && cycles >= reads_.front().ready_at && moves();
        if (!top.m_axi_gmem_rvalid) return;
        const Read &read = reads_.front();
        uint64_t address = read.address + uint64_t{read.given} * beat_bytes;
        Response response = answer(read.address, uint64_t{read.beats} * beat_bytes);
        top.m_axi_gmem_rresp = response;
        top.m_axi_gmem_rlast = read.given + 1 == read.beats;
        top.m_axi_gmem_rdata = 0;
        if (response != decode_error) std::memcpy(&top.m_axi_gmem_rdata, memory_ + (address - base_), beat_bytes);
    }

    void see_reads() {
        if (top.m_axi_gmem_rvalid && top.m_axi_gmem_rready) {
            quiet = 0;
            if (++reads_.front().given == reads_.front().beats) reads_.pop_front();
        }
        if (top.m_axi_gmem_arvalid && top.m_axi_gmem_arready) {
            quiet = 0;
            read_bursts++;
            uint64_t address = top.m_axi_gmem_araddr ^ behaviour.wrong_address;
            reads_.push_back({address, top.m_axi_gmem_arlen + 1u, cycles + behaviour.latency_cycles});
        }
    }

    void drive_writes() {
        top.m_axi_gmem_awready = !has_address_ && moves();
        top.m_axi_gmem_wready = !has_data_ && moves();
        bool complete = has_address_ && has_data_ && cycles >= response_at_;
        responds_ = responds_ || (complete && moves());
        top.m_axi_gmem_bvalid = responds_;
        top.m_axi_gmem_bresp = answer(write_.address, write_.bytes.size());
    }

    void see_writes() {
        if (responds_ && top.m_axi_gmem_bready) {
            quiet = 0;
            write_bursts++;
            if (top.m_axi_gmem_bresp == okay) written.push_back(write_);
            write_ = {};
            has_address_ = has_data_ = responds_ = false;
        }
        if (top.m_axi_gmem_awvalid && top.m_axi_gmem_awready) {
            quiet = 0;
            has_address_ = true;
            write_.address = top.m_axi_gmem_awaddr;
            response_at_ = cycles + behaviour.latency_cycles;
        }
        if (top.m_axi_gmem_wvalid && top.m_axi_gmem_wready) {
            quiet = 0;
            // Strobes leave out bytes at the end of a burst only, by the rules, which are asserted.
            const auto *data = reinterpret_cast<const uint8_t *>(&top.m_axi_gmem_wdata);
            for (unsigned i = 0; i < beat_bytes; i++)
                if (top.m_axi_gmem_wstrb >> i & 1) write_.bytes.push_back(data[i]);
            has_data_ = top.m_axi_gmem_wlast;
        }
    }

    void rise() {
        top.ap_clk = 1;
        top.eval();
        cycles++;
        quiet++;
    }
};
