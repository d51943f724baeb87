class Ticketscope < Formula
  desc "See why a web login does not connect"
  homepage "@address@"
  url "@source@"
  sha256 "@source_sum@"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "rust" => :build

  on_linux do
    depends_on "libx11"
    depends_on "libxcursor"
    depends_on "libxi"
    depends_on "libxkbcommon"
    depends_on "mesa"
  end

  def install
    ENV["TICKETSCOPE_COMMIT"] = "@commit@"
    system "cargo", "install", *std_cargo_args
    generate_completions_from_executable(bin/"ticketscope", "completions", shells: [:bash, :zsh, :fish])
    system bin/"ticketscope", "man", "man1"
    man1.install Dir["man1/*.1"]
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/ticketscope --version")
    # Against the server inside the program: nothing is contacted.
    output = shell_output("#{bin}/ticketscope watch --keychain memory --until connected")
    assert_match "CONNECTED", output
  end
end
