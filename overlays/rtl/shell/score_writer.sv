`default_nettype none

// The output DMA, in a design of Vivado's `odma0`: writes the four scores of each image into memory, the first class in
// the lowest bits, packed as FINN packs them (score_packer), images without a gap. Its ports have the names by which
// Vivado finds interfaces.
module score_writer #(
    parameter int SCORE_BITS = 11,
    parameter int WORD_SCORES = 1,
    parameter int WORD_BYTES = 2,
    parameter int BEAT_BYTES = 8,
    parameter int ID_BITS = 1
) (
    input  wire                    ap_clk,
    input  wire                    ap_rst_n,
    // AXI4-Lite, see control_registers
    input  wire [11:0]             s_axi_control_awaddr,
    input  wire                    s_axi_control_awvalid,
    output wire                    s_axi_control_awready,
    input  wire [31:0]             s_axi_control_wdata,
    input  wire [3:0]              s_axi_control_wstrb,
    input  wire                    s_axi_control_wvalid,
    output wire                    s_axi_control_wready,
    output wire [1:0]              s_axi_control_bresp,
    output wire                    s_axi_control_bvalid,
    input  wire                    s_axi_control_bready,
    input  wire [11:0]             s_axi_control_araddr,
    input  wire                    s_axi_control_arvalid,
    output wire                    s_axi_control_arready,
    output wire [31:0]             s_axi_control_rdata,
    output wire [1:0]              s_axi_control_rresp,
    output wire                    s_axi_control_rvalid,
    input  wire                    s_axi_control_rready,
    // AXI3, write channels
    output wire [ID_BITS-1:0]      m_axi_gmem_awid,
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
    output wire [ID_BITS-1:0]      m_axi_gmem_wid,
    output wire [8*BEAT_BYTES-1:0] m_axi_gmem_wdata,
    output wire [BEAT_BYTES-1:0]   m_axi_gmem_wstrb,
    output wire                    m_axi_gmem_wlast,
    output wire                    m_axi_gmem_wvalid,
    input  wire                    m_axi_gmem_wready,
    input  wire [ID_BITS-1:0]      m_axi_gmem_bid,
    input  wire [1:0]              m_axi_gmem_bresp,
    input  wire                    m_axi_gmem_bvalid,
    output wire                    m_axi_gmem_bready,
    // AXI4-Stream of scores, in whole bytes
    input  wire [8*((SCORE_BITS+7)/8)-1:0] s_axis_tdata,
    input  wire                    s_axis_tvalid,
    output wire                    s_axis_tready,
    // faults of the two DMAs
    input  wire                    peer_fault,
    output wire                    fault
);
    localparam int BYTES_BITS = 48;
    localparam int IMAGE_WORDS = 4 / WORD_SCORES;
    localparam int IMAGE_BYTES = IMAGE_WORDS * WORD_BYTES;

    // Written as adders and shifts, since synthesis would take DSPs for a product.
    function automatic logic [BYTES_BITS-1:0] bytes_of(input logic [31:0] count);
        bytes_of = 0;
        for (int i = 0; i < $clog2(IMAGE_BYTES + 1); i++)
            if (IMAGE_BYTES[i]) bytes_of = bytes_of + (BYTES_BITS'(count) << i);
    endfunction

    wire start, finished;
    wire [63:0] address, window_first, window_end;
    wire [31:0] images;
    wire [fault_causes::BITS-1:0] causes;

    control_registers control (
        .clk(ap_clk),
        .rst_n(ap_rst_n),
        .awaddr(s_axi_control_awaddr),
        .awvalid(s_axi_control_awvalid),
        .awready(s_axi_control_awready),
        .wdata(s_axi_control_wdata),
        .wstrb(s_axi_control_wstrb),
        .wvalid(s_axi_control_wvalid),
        .wready(s_axi_control_wready),
        .bresp(s_axi_control_bresp),
        .bvalid(s_axi_control_bvalid),
        .bready(s_axi_control_bready),
        .araddr(s_axi_control_araddr),
        .arvalid(s_axi_control_arvalid),
        .arready(s_axi_control_arready),
        .rdata(s_axi_control_rdata),
        .rresp(s_axi_control_rresp),
        .rvalid(s_axi_control_rvalid),
        .rready(s_axi_control_rready),
        .start,
        .address,
        .images,
        .window_first,
        .window_end,
        .finished,
        .fault(causes)
    );

    wire [8*WORD_BYTES-1:0] word;
    wire word_valid, word_ready;
    score_packer #(
        .SCORE_BITS(SCORE_BITS),
        .WORD_SCORES(WORD_SCORES),
        .WORD_BYTES(WORD_BYTES)
    ) words (
        .clk(ap_clk),
        .rst_n(ap_rst_n),
        .in_data(s_axis_tdata[SCORE_BITS-1:0]),
        .in_valid(s_axis_tvalid),
        .in_ready(s_axis_tready),
        .out_data(word),
        .out_valid(word_valid),
        .out_ready(word_ready)
    );

    wire [8*BEAT_BYTES-1:0] beat;
    wire beat_valid, beat_ready;
    beat_packer #(
        .WORD_BYTES(WORD_BYTES),
        .IMAGE_WORDS(IMAGE_WORDS),
        .BEAT_BYTES(BEAT_BYTES)
    ) beats (
        .clk(ap_clk),
        .rst_n(ap_rst_n),
        .start,
        .images,
        .in_data(word),
        .in_valid(word_valid),
        .in_ready(word_ready),
        .out_data(beat),
        .out_valid(beat_valid),
        .out_ready(beat_ready)
    );

    write_dma #(
        .BEAT_BYTES(BEAT_BYTES),
        .BYTES_BITS(BYTES_BITS)
    ) dma (
        .clk(ap_clk),
        .rst_n(ap_rst_n),
        .start,
        .address,
        .bytes(bytes_of(images)),
        .window_first,
        .window_end,
        .peer_fault,
        .finished,
        .fault(causes),
        .awaddr(m_axi_gmem_awaddr),
        .awlen(m_axi_gmem_awlen),
        .awvalid(m_axi_gmem_awvalid),
        .awready(m_axi_gmem_awready),
        .wdata(m_axi_gmem_wdata),
        .wstrb(m_axi_gmem_wstrb),
        .wlast(m_axi_gmem_wlast),
        .wvalid(m_axi_gmem_wvalid),
        .wready(m_axi_gmem_wready),
        .bresp(m_axi_gmem_bresp),
        .bvalid(m_axi_gmem_bvalid),
        .bready(m_axi_gmem_bready),
        .in_data(beat),
        .in_valid(beat_valid),
        .in_ready(beat_ready)
    );

    assign m_axi_gmem_awid = '0;
    assign m_axi_gmem_awsize = 3'($clog2(BEAT_BYTES));
    assign m_axi_gmem_awburst = 2'b01;   // INCR
    assign m_axi_gmem_awlock = 2'b00;    // normal access
    assign m_axi_gmem_awcache = 4'b0011; // modifiable and bufferable, as HLS's masters
    assign m_axi_gmem_awprot = 3'b000;
    assign m_axi_gmem_awqos = 4'b0000;
    assign m_axi_gmem_wid = '0;
    assign fault = (causes & ~(fault_causes::BITS'(1) << fault_causes::PEER)) != 0;  // its own

    wire unused = &{1'b0, m_axi_gmem_bid, s_axis_tdata};  // one ID, and what fills a score up to whole bytes
endmodule

`default_nettype wire
