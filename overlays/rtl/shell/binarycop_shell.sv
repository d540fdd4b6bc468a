`default_nettype none

// The whole accelerator: both DMAs, the core between them, and the gate's lines with the dead-man timer.
//
// It is what vivado/block_design.tcl connects, in one module, for simulation and synthesis without Vivado.
// SCORE_BITS: of the core's output. In memory a word of WORD_BYTES bytes has WORD_SCORES scores, as the bundle's manifest
// packs them (score_packer). core.json has all three.
module binarycop_shell #(
    parameter int SCORE_BITS = 11,
    parameter int WORD_SCORES = 1,
    parameter int WORD_BYTES = 2,
    parameter int BEAT_BYTES = 8,
    parameter int TIMEOUT_CYCLES = 50_000_000,
    parameter int MAX_ON_TIMEOUTS = 250
) (
    input  wire                    ap_clk,
    // The dead-man timer disarms without a clock, so its reset is asynchronous; all others are synchronous.
    // verilator lint_off SYNCASYNCNET
    input  wire                    ap_rst_n,
    // verilator lint_on SYNCASYNCNET
    // AXI4-Lite of the input DMA
    input  wire [11:0]             s_axi_control_0_awaddr,
    input  wire                    s_axi_control_0_awvalid,
    output wire                    s_axi_control_0_awready,
    input  wire [31:0]             s_axi_control_0_wdata,
    input  wire [3:0]              s_axi_control_0_wstrb,
    input  wire                    s_axi_control_0_wvalid,
    output wire                    s_axi_control_0_wready,
    output wire [1:0]              s_axi_control_0_bresp,
    output wire                    s_axi_control_0_bvalid,
    input  wire                    s_axi_control_0_bready,
    input  wire [11:0]             s_axi_control_0_araddr,
    input  wire                    s_axi_control_0_arvalid,
    output wire                    s_axi_control_0_arready,
    output wire [31:0]             s_axi_control_0_rdata,
    output wire [1:0]              s_axi_control_0_rresp,
    output wire                    s_axi_control_0_rvalid,
    input  wire                    s_axi_control_0_rready,
    // AXI4-Lite of the output DMA
    input  wire [11:0]             s_axi_control_1_awaddr,
    input  wire                    s_axi_control_1_awvalid,
    output wire                    s_axi_control_1_awready,
    input  wire [31:0]             s_axi_control_1_wdata,
    input  wire [3:0]              s_axi_control_1_wstrb,
    input  wire                    s_axi_control_1_wvalid,
    output wire                    s_axi_control_1_wready,
    output wire [1:0]              s_axi_control_1_bresp,
    output wire                    s_axi_control_1_bvalid,
    input  wire                    s_axi_control_1_bready,
    input  wire [11:0]             s_axi_control_1_araddr,
    input  wire                    s_axi_control_1_arvalid,
    output wire                    s_axi_control_1_arready,
    output wire [31:0]             s_axi_control_1_rdata,
    output wire [1:0]              s_axi_control_1_rresp,
    output wire                    s_axi_control_1_rvalid,
    input  wire                    s_axi_control_1_rready,
    // AXI3: the input DMA reads
    output wire [0:0]              m_axi_gmem_arid,
    output wire [63:0]             m_axi_gmem_araddr,
    output wire [3:0]              m_axi_gmem_arlen,
    output wire [2:0]              m_axi_gmem_arsize,
    output wire [1:0]              m_axi_gmem_arburst,
    output wire [1:0]              m_axi_gmem_arlock,
    output wire [3:0]              m_axi_gmem_arcache,
    output wire [2:0]              m_axi_gmem_arprot,
    output wire [3:0]              m_axi_gmem_arqos,
    output wire                    m_axi_gmem_arvalid,
    input  wire                    m_axi_gmem_arready,
    input  wire [0:0]              m_axi_gmem_rid,
    input  wire [8*BEAT_BYTES-1:0] m_axi_gmem_rdata,
    input  wire [1:0]              m_axi_gmem_rresp,
    input  wire                    m_axi_gmem_rlast,
    input  wire                    m_axi_gmem_rvalid,
    output wire                    m_axi_gmem_rready,
    // AXI3: the output DMA writes
    output wire [0:0]              m_axi_gmem_awid,
    output wire [63:0]             m_axi_gmem_awaddr,
    output wire [3:0]              m_axi_gmem_awlen,
    output wire [2:0]              m_axi_gmem_awsize,
    output wire [1:0]              m_axi_gmem_awburst,
    output wire [1:0]              m_axi_gmem_awlock,
    output wire [3:0]              m_axi_gmem_awcache,
    output wire [2:0]              m_axi_gmem_awprot,
    output wire [3:0]              m_axi_gmem_awqos,
    output wire                    m_axi_gmem_awvalid,
    input  wire                    m_axi_gmem_awready,
    output wire [0:0]              m_axi_gmem_wid,
    output wire [8*BEAT_BYTES-1:0] m_axi_gmem_wdata,
    output wire [BEAT_BYTES-1:0]   m_axi_gmem_wstrb,
    output wire                    m_axi_gmem_wlast,
    output wire                    m_axi_gmem_wvalid,
    input  wire                    m_axi_gmem_wready,
    input  wire [0:0]              m_axi_gmem_bid,
    input  wire [1:0]              m_axi_gmem_bresp,
    input  wire                    m_axi_gmem_bvalid,
    output wire                    m_axi_gmem_bready,
    // the gate's lines: EMIO, and the pins (overlays/finn/lines.py)
    input  wire [10:0]             gpio_o,
    input  wire [10:0]             gpio_t,
    output wire [10:0]             gpio_i,
    output wire                    gate_permission,
    output wire [3:0]              gate_lamps,
    output wire [3:0]              gate_leds,
    input  wire                    gate_passed,
    input  wire                    gate_ready,
    input  wire                    gate_fire,
    input  wire                    gate_override,
    input  wire                    gate_feedback
);
    wire [23:0] pixel;
    wire pixel_valid, pixel_ready;
    wire [SCORE_BITS-1:0] score;
    wire score_valid, score_ready, score_last;
    localparam int STREAM_BITS = 8 * ((SCORE_BITS + 7) / 8);  // a score in whole bytes
    wire reader_fault, writer_fault;

    image_reader #(
        .BEAT_BYTES(BEAT_BYTES)
    ) idma0 (
        .ap_clk,
        .ap_rst_n,
        .s_axi_control_awaddr(s_axi_control_0_awaddr),
        .s_axi_control_awvalid(s_axi_control_0_awvalid),
        .s_axi_control_awready(s_axi_control_0_awready),
        .s_axi_control_wdata(s_axi_control_0_wdata),
        .s_axi_control_wstrb(s_axi_control_0_wstrb),
        .s_axi_control_wvalid(s_axi_control_0_wvalid),
        .s_axi_control_wready(s_axi_control_0_wready),
        .s_axi_control_bresp(s_axi_control_0_bresp),
        .s_axi_control_bvalid(s_axi_control_0_bvalid),
        .s_axi_control_bready(s_axi_control_0_bready),
        .s_axi_control_araddr(s_axi_control_0_araddr),
        .s_axi_control_arvalid(s_axi_control_0_arvalid),
        .s_axi_control_arready(s_axi_control_0_arready),
        .s_axi_control_rdata(s_axi_control_0_rdata),
        .s_axi_control_rresp(s_axi_control_0_rresp),
        .s_axi_control_rvalid(s_axi_control_0_rvalid),
        .s_axi_control_rready(s_axi_control_0_rready),
        .m_axi_gmem_arid,
        .m_axi_gmem_araddr,
        .m_axi_gmem_arlen,
        .m_axi_gmem_arsize,
        .m_axi_gmem_arburst,
        .m_axi_gmem_arlock,
        .m_axi_gmem_arcache,
        .m_axi_gmem_arprot,
        .m_axi_gmem_arqos,
        .m_axi_gmem_arvalid,
        .m_axi_gmem_arready,
        .m_axi_gmem_rid,
        .m_axi_gmem_rdata,
        .m_axi_gmem_rresp,
        .m_axi_gmem_rlast,
        .m_axi_gmem_rvalid,
        .m_axi_gmem_rready,
        .m_axis_tdata(pixel),
        .m_axis_tvalid(pixel_valid),
        .m_axis_tready(pixel_ready),
        .peer_fault(writer_fault),
        .fault(reader_fault)
    );

    binarycop_core core (
        .clk(ap_clk),
        .rst_n(ap_rst_n),
        .s_axis_tdata(pixel),
        .s_axis_tvalid(pixel_valid),
        .s_axis_tready(pixel_ready),
        .m_axis_tdata(score),
        .m_axis_tlast(score_last),
        .m_axis_tvalid(score_valid),
        .m_axis_tready(score_ready)
    );

    score_writer #(
        .SCORE_BITS(SCORE_BITS),
        .WORD_SCORES(WORD_SCORES),
        .WORD_BYTES(WORD_BYTES),
        .BEAT_BYTES(BEAT_BYTES)
    ) odma0 (
        .ap_clk,
        .ap_rst_n,
        .s_axi_control_awaddr(s_axi_control_1_awaddr),
        .s_axi_control_awvalid(s_axi_control_1_awvalid),
        .s_axi_control_awready(s_axi_control_1_awready),
        .s_axi_control_wdata(s_axi_control_1_wdata),
        .s_axi_control_wstrb(s_axi_control_1_wstrb),
        .s_axi_control_wvalid(s_axi_control_1_wvalid),
        .s_axi_control_wready(s_axi_control_1_wready),
        .s_axi_control_bresp(s_axi_control_1_bresp),
        .s_axi_control_bvalid(s_axi_control_1_bvalid),
        .s_axi_control_bready(s_axi_control_1_bready),
        .s_axi_control_araddr(s_axi_control_1_araddr),
        .s_axi_control_arvalid(s_axi_control_1_arvalid),
        .s_axi_control_arready(s_axi_control_1_arready),
        .s_axi_control_rdata(s_axi_control_1_rdata),
        .s_axi_control_rresp(s_axi_control_1_rresp),
        .s_axi_control_rvalid(s_axi_control_1_rvalid),
        .s_axi_control_rready(s_axi_control_1_rready),
        .m_axi_gmem_awid,
        .m_axi_gmem_awaddr,
        .m_axi_gmem_awlen,
        .m_axi_gmem_awsize,
        .m_axi_gmem_awburst,
        .m_axi_gmem_awlock,
        .m_axi_gmem_awcache,
        .m_axi_gmem_awprot,
        .m_axi_gmem_awqos,
        .m_axi_gmem_awvalid,
        .m_axi_gmem_awready,
        .m_axi_gmem_wid,
        .m_axi_gmem_wdata,
        .m_axi_gmem_wstrb,
        .m_axi_gmem_wlast,
        .m_axi_gmem_wvalid,
        .m_axi_gmem_wready,
        .m_axi_gmem_bid,
        .m_axi_gmem_bresp,
        .m_axi_gmem_bvalid,
        .m_axi_gmem_bready,
        .s_axis_tdata(STREAM_BITS'(signed'(score))),
        .s_axis_tvalid(score_valid),
        .s_axis_tready(score_ready),
        .peer_fault(reader_fault),
        .fault(writer_fault)
    );

    gate_lines #(
        .TIMEOUT_CYCLES(TIMEOUT_CYCLES),
        .MAX_ON_TIMEOUTS(MAX_ON_TIMEOUTS)
    ) gate_lines_0 (
        .clk(ap_clk),
        .resetn(ap_rst_n),
        .gpio_o,
        .gpio_t,
        .gpio_i,
        .permission(gate_permission),
        .lamps(gate_lamps),
        .leds(gate_leds),
        .passed(gate_passed),
        .ready(gate_ready),
        .fire(gate_fire),
        .override_key(gate_override),
        .feedback(gate_feedback)
    );

    wire unused = &{1'b0, score_last};  // the scores are counted
endmodule

`default_nettype wire
